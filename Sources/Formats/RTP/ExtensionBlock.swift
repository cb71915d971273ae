/// The header extension block of an RTP packet: a profile and elements in one of two layouts (RFC 8285 §4).
package struct ExtensionBlock: Equatable, Sendable {
    package static let oneByteProfile: UInt16 = 0xbede
    /// The lower four bits are the application's own.
    package static let twoByteProfile: UInt16 = 0x1000

    package var profile: UInt16
    package var elements: ArraySlice<UInt8>

    package init(profile: UInt16, elements: ArraySlice<UInt8>) {
        self.profile = profile
        self.elements = elements
    }

    /// Calls `body` with the number and the data of each element. Stops at the first one that does not fit; a profile
    /// that is not of RFC 8285 has none.
    package func forEachElement(_ body: (_ id: UInt8, _ data: ArraySlice<UInt8>) -> Void) {
        if profile == Self.oneByteProfile {
            forEachOneByteElement(body)
        } else if profile & 0xfff0 == Self.twoByteProfile {
            forEachTwoByteElement(body)
        }
    }

    private func forEachOneByteElement(_ body: (UInt8, ArraySlice<UInt8>) -> Void) {
        var offset = elements.startIndex
        while offset < elements.endIndex {
            let header = elements[offset]
            offset += 1
            if header == 0 { continue }  // padding
            let id = header >> 4
            let count = Int(header & 0x0f) + 1
            // §4.2: on number 15 processing stops.
            guard id != 15, elements.endIndex - offset >= count else { return }
            if id != 0 { body(id, elements[offset..<offset + count]) }
            offset += count
        }
    }

    private func forEachTwoByteElement(_ body: (UInt8, ArraySlice<UInt8>) -> Void) {
        var offset = elements.startIndex
        while offset < elements.endIndex {
            let id = elements[offset]
            offset += 1
            if id == 0 { continue }  // padding
            guard offset < elements.endIndex else { return }
            let count = Int(elements[offset])
            offset += 1
            guard elements.endIndex - offset >= count else { return }
            body(id, elements[offset..<offset + count])
            offset += count
        }
    }
}
