/// Which scripts are being loaded again on one connection, so that a thousand NOSCRIPTs cause one SCRIPT LOAD.
struct ScriptReloads {
  private var loading: Set<RedisScript> = []
  private var errors: [RedisScript: RedisError] = [:]

  /// Whether a load has to be sent; what is sent after it finds the script, because the connection keeps the order.
  mutating func shouldLoad(_ script: RedisScript) -> Bool {
    loading.insert(script).inserted
  }

  /// The load was answered.
  mutating func loaded(_ script: RedisScript, error: RedisError?) {
    loading.remove(script)
    errors[script] = error
  }

  /// Why the last load failed, if it did.
  func lastError(of script: RedisScript) -> RedisError? {
    errors[script]
  }
}
