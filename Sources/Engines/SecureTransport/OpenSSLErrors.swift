import COpenSSL

/// OpenSSL's queue of errors, which belongs to the thread: it is cleared before each call that may fail and read
/// right after it.
enum OpenSSLErrors {
    static func clear() { ERR_clear_error() }

    /// The most specific error in words, and the queue emptied.
    static func takeDescription() -> String {
        let code = ERR_peek_error()
        ERR_clear_error()
        guard code != 0, let text = ERR_reason_error_string(code) else { return "unknown error" }
        return String(cString: text)
    }

    /// The number of the alert that the peer sent, where the error is that it sent one.
    static func receivedAlert() -> Int? {
        let reason = Int(confab_error_reason(ERR_peek_error()))
        return reason > Int(SSL_AD_REASON_OFFSET) ? reason - Int(SSL_AD_REASON_OFFSET) : nil
    }
}
