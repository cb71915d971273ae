import Testing

@testable import SFU

/// A VP8 packet that begins a frame, with 15-bit picture id, TL0PICIDX and temporal layer.
func vp8Payload(
    key: Bool, picture: UInt16 = 1, baseLayer: UInt8 = 1, temporal: UInt8 = 0, sync: Bool = false,
    startsFrame: Bool = true
) -> [UInt8] {
    [
        startsFrame ? 0x90 : 0x80, 0xe0, 0x80 | UInt8(picture >> 8), UInt8(picture & 0xff), baseLayer,
        temporal << 6 | (sync ? 0x20 : 0), key ? 0x10 : 0x11, 0, 0,
    ]
}

func vp8View(
    key: Bool, picture: UInt16 = 1, baseLayer: UInt8 = 1, temporal: UInt8 = 0, sync: Bool = false,
    startsFrame: Bool = true
) -> VP8View {
    let payload = vp8Payload(
        key: key, picture: picture, baseLayer: baseLayer, temporal: temporal, sync: sync, startsFrame: startsFrame)
    return payload.withUnsafeBytes { VP8View($0)! }
}

struct LayerSelectorTests {
    @Test func nothingPassesBeforeAKeyFrame() {
        var selector = LayerSelector()
        selector.setTarget(0, temporal: 3)
        #expect(selector.needsKeyFrame)
        #expect(selector.judge(layer: 0, picture: vp8View(key: false)) == .ignore)
        #expect(selector.judge(layer: 0, picture: vp8View(key: true)) == .switchAndPass)
        #expect(selector.judge(layer: 0, picture: vp8View(key: false)) == .pass)
        #expect(!selector.needsKeyFrame)
    }

    @Test func theOldLayerGoesOnUntilTheNewOneHasAKeyFrame() {
        var selector = LayerSelector()
        selector.setTarget(0, temporal: 3)
        _ = selector.judge(layer: 0, picture: vp8View(key: true))
        selector.setTarget(2, temporal: 3)
        #expect(selector.judge(layer: 2, picture: vp8View(key: false)) == .ignore)
        #expect(selector.judge(layer: 0, picture: vp8View(key: false)) == .pass)
        #expect(selector.judge(layer: 2, picture: vp8View(key: true)) == .switchAndPass)
        #expect(selector.judge(layer: 0, picture: vp8View(key: false)) == .ignore)
    }

    @Test func temporalLayersGoDownAtOnceAndUpWhereTheyMay() {
        var selector = LayerSelector()
        selector.setTarget(0, temporal: 2)
        _ = selector.judge(layer: 0, picture: vp8View(key: true))
        #expect(selector.judge(layer: 0, picture: vp8View(key: false, temporal: 2)) == .pass)
        selector.setTarget(0, temporal: 0)
        #expect(selector.judge(layer: 0, picture: vp8View(key: false, temporal: 1)) == .drop)
        #expect(selector.judge(layer: 0, picture: vp8View(key: false, temporal: 0)) == .pass)
        selector.setTarget(0, temporal: 1)
        #expect(selector.judge(layer: 0, picture: vp8View(key: false, temporal: 1)) == .drop)
        #expect(selector.judge(layer: 0, picture: vp8View(key: false, temporal: 1, sync: true)) == .pass)
        #expect(selector.judge(layer: 0, picture: vp8View(key: false, temporal: 1)) == .pass)
        #expect(selector.judge(layer: 0, picture: vp8View(key: false, temporal: 2, sync: true)) == .drop)
    }

    @Test func aPauseEndsWithAKeyFrame() {
        var selector = LayerSelector()
        selector.setTarget(0, temporal: 3)
        _ = selector.judge(layer: 0, picture: vp8View(key: true))
        selector.setTarget(nil, temporal: 0)
        #expect(selector.judge(layer: 0, picture: vp8View(key: false)) == .ignore)
        selector.setTarget(0, temporal: 3)
        #expect(selector.judge(layer: 0, picture: vp8View(key: false)) == .ignore)
        #expect(selector.judge(layer: 0, picture: vp8View(key: true)) == .switchAndPass)
    }
}
