/// An element as a reader that knows nothing but EBML finds it; for tests.
struct EBMLElement {
    let id: UInt32
    /// Where the element begins, and where its body does.
    let position: Int
    let bodyPosition: Int
    /// Nil where the length is unknown.
    let length: Int?
    let body: ArraySlice<UInt8>

    static func parse(_ bytes: ArraySlice<UInt8>) -> [EBMLElement] {
        var elements: [EBMLElement] = []
        var position = bytes.startIndex
        while position < bytes.endIndex {
            guard let idWidth = width(bytes[position]), position + idWidth < bytes.endIndex,
                let sizeWidth = width(bytes[position + idWidth]), position + idWidth + sizeWidth <= bytes.endIndex
            else { return elements }
            let id = bytes[position..<position + idWidth].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            let size = bytes[position + idWidth..<position + idWidth + sizeWidth].reduce(UInt64(0)) {
                $0 << 8 | UInt64($1)
            }
            let mask = UInt64(1) << UInt64(7 * sizeWidth) - 1
            let isKnown = size & mask != mask
            let begin = position + idWidth + sizeWidth
            let end = isKnown ? begin + Int(size & mask) : bytes.endIndex
            guard end <= bytes.endIndex else { return elements }
            elements.append(
                EBMLElement(
                    id: id, position: position, bodyPosition: begin, length: isKnown ? Int(size & mask) : nil,
                    body: bytes[begin..<end]))
            position = end
        }
        return elements
    }

    private static func width(_ byte: UInt8) -> Int? {
        let width = byte.leadingZeroBitCount + 1
        return width <= 8 ? width : nil
    }

    var children: [EBMLElement] { Self.parse(body) }
    func child(_ id: UInt32) -> EBMLElement? { children.first { $0.id == id } }
    func all(_ id: UInt32) -> [EBMLElement] { children.filter { $0.id == id } }
    var unsigned: UInt64 { body.reduce(0) { $0 << 8 | UInt64($1) } }
    var float: Double { Double(bitPattern: unsigned) }
    var text: String { String(decoding: body, as: UTF8.self) }
}
