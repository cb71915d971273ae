/// Turns interleaved sound of several channels into mono and back.
package enum ChannelConverter {
    /// Appends the mean of each frame's channels to `mono`. An incomplete frame at the end is dropped.
    package static func toMono(_ interleaved: [Int16], channels: Int, into mono: inout [Int16]) {
        precondition(channels > 0, "sound has at least one channel")
        if channels == 1 {
            mono.append(contentsOf: interleaved)
            return
        }
        mono.reserveCapacity(mono.count + interleaved.count / channels)
        for frame in 0..<interleaved.count / channels {
            var sum = 0
            for channel in 0..<channels { sum += Int(interleaved[frame * channels + channel]) }
            mono.append(Int16(saturating: Float(sum) / Float(channels)))
        }
    }

    /// Appends every sample once for each channel to `interleaved`.
    package static func fromMono(_ mono: [Int16], channels: Int, into interleaved: inout [Int16]) {
        precondition(channels > 0, "sound has at least one channel")
        if channels == 1 {
            interleaved.append(contentsOf: mono)
            return
        }
        interleaved.reserveCapacity(interleaved.count + mono.count * channels)
        for sample in mono {
            for _ in 0..<channels { interleaved.append(sample) }
        }
    }

    package static func toMono(_ interleaved: [Int16], channels: Int) -> [Int16] {
        var mono: [Int16] = []
        toMono(interleaved, channels: channels, into: &mono)
        return mono
    }

    package static func fromMono(_ mono: [Int16], channels: Int) -> [Int16] {
        var interleaved: [Int16] = []
        fromMono(mono, channels: channels, into: &interleaved)
        return interleaved
    }
}
