import Primitives
import RTP
import Testing

@Suite struct HeaderExtensionTests {
    static let oneByteMap = HeaderExtensionMap([
        .audioLevel: 1, .absoluteSendTime: 2, .transportSequence: 3, .mid: 4, .rid: 10, .repairedRid: 11,
    ])
    static let twoByteMap = HeaderExtensionMap([
        .audioLevel: 1, .absoluteSendTime: 2, .transportSequence: 15, .mid: 200, .rid: 10, .repairedRid: 11,
    ])

    static var everything: HeaderExtensions {
        var extensions = HeaderExtensions()
        extensions.audioLevel = AudioLevel(level: 33, voice: false)
        extensions.mid = "0"
        extensions.rid = "h"
        extensions.repairedRid = "f"
        extensions.absoluteSendTime = AbsoluteSendTime(.milliseconds(65_500))
        extensions.transportSequence = 0xfffe
        return extensions
    }

    @Test(arguments: [
        (oneByteMap, ExtensionBlock.oneByteProfile), (twoByteMap, ExtensionBlock.twoByteProfile),
    ])
    func everyExtensionIsReadBack(map: HeaderExtensionMap, profile: UInt16) throws {
        var packet = RTPPacket(payloadType: PayloadType(masking: 111), sequence: 1, timestamp: 2, ssrc: SSRC(3))
        packet.extensionBlock = Self.everything.block(map: map)
        #expect(packet.extensionBlock?.profile == profile)
        let parsed = try RTPPacket(parsing: packet.serialised())
        #expect(HeaderExtensions(parsed.extensionBlock, map: map) == Self.everything)
    }

    @Test func aLongTextNeedsTheTwoByteForm() {
        var extensions = HeaderExtensions()
        extensions.mid = "a-mid-of-more-than-sixteen-bytes"
        let block = extensions.block(map: Self.oneByteMap)
        #expect(block?.profile == ExtensionBlock.twoByteProfile)
        #expect(HeaderExtensions(block, map: Self.oneByteMap) == extensions)
    }

    @Test func sendTimeIsSecondsModulo64() {
        #expect(AbsoluteSendTime(.milliseconds(65_500)).value == 3 << 17)
        #expect(AbsoluteSendTime(.zero).value == 0)
    }

    @Test func whatHasNoNumberIsNotWritten() {
        var extensions = HeaderExtensions()
        extensions.mid = "0"
        #expect(extensions.block(map: HeaderExtensionMap()) == nil)
        #expect(HeaderExtensions().block(map: Self.oneByteMap) == nil)
    }

    @Test func elementsThatDoNotFitEndTheReading() {
        // A good element, padding, then one that claims more than there is.
        let block = ExtensionBlock(profile: ExtensionBlock.oneByteProfile, elements: [0x40, 0x61, 0, 0, 0x1f, 1, 2, 3])
        let extensions = HeaderExtensions(block, map: Self.oneByteMap)
        #expect(extensions.mid == "a")
        #expect(extensions.audioLevel == nil)
    }

    @Test func everyURIIsFoundAgain() {
        for kind in HeaderExtensionKind.allCases { #expect(HeaderExtensionKind(uri: kind.uri) == kind) }
        #expect(HeaderExtensionKind(uri: "urn:x") == nil)
    }
}
