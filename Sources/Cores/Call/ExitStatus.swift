/// The statuses with which the program ends (those of sysexits.h, where they fit).
package enum ExitStatus {
    package static let usage: Int32 = 64
    /// An input file or device cannot be opened.
    package static let noInput: Int32 = 66
    /// Server unreachable, or room gone.
    package static let unavailable: Int32 = 69
    package static let internalError: Int32 = 70
    /// An output cannot be written.
    package static let cannotCreate: Int32 = 73
    /// The call was lost and could not be got back.
    package static let lost: Int32 = 75
    /// Bad or expired token, removed, room full.
    package static let notAllowed: Int32 = 77
}
