import Foundation

/// The system's words for an error, without what Foundation wraps around it.
package enum SystemText {
  package static func of(_ error: any Error) -> String {
    let error = error as NSError
    if error.domain == NSPOSIXErrorDomain { return String(cString: strerror(Int32(error.code))) }
    guard let beneath = error.userInfo[NSUnderlyingErrorKey] as? any Error else { return error.localizedDescription }
    return of(beneath)
  }
}
