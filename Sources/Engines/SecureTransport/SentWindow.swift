/// Which of the latest packets of a source have been protected.
///
/// By GCM, two different packets of one number give away what authenticates all of them (RFC 5116 §5.1.1). A packet that
/// is repeated as it was has other header extensions, so it is a different one.
struct SentWindow {
    /// How far behind the newest a packet may be: a server forwards late what came late.
    private static let size: UInt64 = 1024

    private var highest: UInt64
    private var words: InlineArray<16, UInt64> = .init(repeating: 0)

    /// `first` is the number of the first packet.
    init(first: UInt64) {
        highest = first
        set(first)
    }

    /// Notes a packet. False where its number was used, or is too old to tell.
    mutating func insert(_ number: UInt64) -> Bool {
        guard number <= highest else {
            advance(to: number)
            set(number)
            return true
        }
        let (word, bit) = Self.place(number)
        guard highest - number < Self.size, words[word] & bit == 0 else { return false }
        words[word] |= bit
        return true
    }

    private mutating func advance(to number: UInt64) {
        if number - highest >= Self.size {
            words = .init(repeating: 0)
        } else {
            for passed in highest + 1..<number { clear(passed) }
            clear(number)
        }
        highest = number
    }

    private mutating func set(_ number: UInt64) {
        let (word, bit) = Self.place(number)
        words[word] |= bit
    }

    private mutating func clear(_ number: UInt64) {
        let (word, bit) = Self.place(number)
        words[word] &= ~bit
    }

    private static func place(_ number: UInt64) -> (word: Int, bit: UInt64) {
        (Int(number % size) / 64, 1 << (number % 64))
    }
}
