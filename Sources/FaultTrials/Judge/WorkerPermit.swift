/// A permit as its worker has seen it.
struct WorkerPermit: Sendable {
  var worker: Int
  /// Monotonic clock, microseconds.
  var grantedAt: Int64
  var serverTime: Int64
  var tokens: Int64
  var nanodollars: Int64
  var run: String
  var tenant: String?
  var settlingAt: Int64?
  var usedNanodollars: Int64?
  var usedTokens: Int64?
  var settledAt: Int64?
  var outcome: String?
  /// Its worker was killed then.
  var killedAt: Int64?
}

/// What all workers of a trial have seen.
struct WorkerRecord: Sendable {
  var permits: [String: WorkerPermit] = [:]
  /// Permits that were granted to two callers: there must be none.
  var doubled: [String] = []
  var denied: [String: Int] = [:]
  var failed: [String: Int] = [:]
  /// When calls of other workers than the tenants' were granted, by the monotonic clock, ascending.
  var steadyGrants: [Int64] = []

  init(_ workers: [TrialWorkerProcess]) {
    for worker in workers { add(worker.events, of: worker.number, killedAt: worker.killedAt) }
    steadyGrants.sort()
  }

  init() {}

  mutating func add(_ events: [WorkerEvent], of worker: Int, killedAt: Int64?) {
    for event in events { add(event, worker) }
    guard let killedAt else { return }
    for (id, permit) in permits where permit.worker == worker && permit.settledAt == nil {
      permits[id]?.killedAt = killedAt
    }
  }

  private mutating func add(_ event: WorkerEvent, _ worker: Int) {
    switch event.what {
    case .granted(let id, let serverTime, let tokens, let nanodollars, let run, let tenant):
      if permits[id] != nil { doubled.append(id) }
      permits[id] = WorkerPermit(
        worker: worker, grantedAt: event.at, serverTime: serverTime, tokens: tokens, nanodollars: nanodollars,
        run: run, tenant: tenant)
      if tenant == nil { steadyGrants.append(event.at) }
    case .settling(let id, let nanodollars, let tokens):
      permits[id]?.settlingAt = event.at
      permits[id]?.usedNanodollars = nanodollars
      permits[id]?.usedTokens = tokens
    case .settled(let id, let outcome):
      permits[id]?.settledAt = event.at
      permits[id]?.outcome = outcome
    case .denied(let why): denied[why, default: 0] += 1
    case .failed(let what): failed[what, default: 0] += 1
    case .done: break
    }
  }
}
