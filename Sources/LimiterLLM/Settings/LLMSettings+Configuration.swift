public import LimiterConfiguration
import LimiterCore
import Providers

extension LLMSettings {
  /// The settings that a policy's file says: prices and providers of its models, and where providers are.
  ///
  /// - Parameter environment: base URLs and keys; a base URL of the file goes before it.
  public init(
    _ file: LimiterdConfiguration, environment: [String: String] = LLMSettings.processEnvironment
  ) {
    self.init(environment: environment)
    alarm = FleetAlarm(fallbacksPerMille: file.alerts.fallbacksPerMille, leastCalls: file.alerts.leastCalls)
    webhook = file.alerts.webhook
    for (name, model) in file.policy.models { models[name] = Model(provider: model.provider) }
    takePrices(of: file.policy)
    for (name, options) in file.providers {
      var endpoint = ProviderEndpoint.named(name)
      if let baseURL = options.baseURL {
        endpoint.baseURL = baseURL
        self.environment[endpoint.baseURLVariable] = nil
      }
      if let variable = options.keyVariable { endpoint.keyVariables = [variable] }
      if let wire = options.wire.flatMap(ChatWire.init(rawValue:)) { endpoint.wire = wire }
      endpoints[name] = endpoint
    }
  }

  /// What a policy's models cost, where nothing is said of it here: what a call is told to cost is then what is charged.
  mutating func takePrices(of policy: Policy) {
    for (name, model) in policy.models {
      guard let price = model.price else { continue }
      var own = models[name] ?? Model()
      // A price is both of its parts.
      guard own.inputPrice == nil || own.outputPrice == nil else { continue }
      (own.inputPrice, own.outputPrice) = (price.input, price.output)
      models[name] = own
    }
  }
}
