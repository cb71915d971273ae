import Devices

enum DeviceProbe {
    static func list() {
        for camera in Cameras.list() {
            let sizes = camera.formats.first?.modes.map { "\($0.size) at \($0.rates.first ?? 0)" } ?? []
            Report.line([
                "camera": .text(camera.path), "name": .text(camera.name), "bus": .text(camera.bus),
                "formats": .list(camera.formats.map(\.code)), "sizes": .list(sizes),
            ])
        }
        for device in SoundDevices.list() {
            Report.line([
                "sound": .text(device.name), "description": .text(device.description.joined(separator: ", ")),
                "directions": .list((device.canCapture ? ["capture"] : []) + (device.canPlay ? ["playback"] : [])),
                "capture": .text(describe(device.capture)), "playback": .text(describe(device.playback)),
            ])
        }
    }

    private static func describe(_ capabilities: SoundCapabilities?) -> String {
        guard let capabilities else { return "" }
        return
            "\(capabilities.formats.joined(separator: " ")), \(capabilities.channels) channels, \(capabilities.rates) Hz"
    }
}
