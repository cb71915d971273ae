import Media
import Primitives
import Testing

@testable import WebM

@Suite struct WebMWriterTests {
    /// What stands in the file when all output so far has been carried out.
    struct File {
        var bytes: [UInt8] = []

        mutating func take(_ output: [WebMOutput]) {
            for step in output {
                switch step {
                case .append(let new): bytes += new
                case .patch(let new, let position):
                    precondition(position + new.count <= bytes.count)
                    bytes.replaceSubrange(position..<position + new.count, with: new)
                }
            }
        }

        var segment: EBMLElement { EBMLElement.parse(bytes[...])[1] }
    }

    static let picture = WebMTrackEntry(.vp8(PixelSize(320, 180)), name: "änn")
    static let sound = WebMTrackEntry(.opus(channels: 1), name: "änn")

    /// The macro takes no call that changes its object.
    private func number(_ track: Int?) throws -> Int { try #require(track) }

    /// Sound every 20 ms and pictures every 40, a key frame each second.
    func record(_ writer: inout WebMWriter, from begin: Int64 = 0, milliseconds: Int64, picture: Int, sound: Int) {
        for time in stride(from: begin, to: begin + milliseconds, by: 20) {
            writer.append(WebMBlock(track: sound, time: .milliseconds(time), isKey: true, bytes: [0xf8, 1, 2]))
            guard time % 40 == 0 else { continue }
            writer.append(
                WebMBlock(
                    track: picture, time: .milliseconds(time), isKey: time % 1_000 == 0,
                    bytes: [UInt8](repeating: 7, count: 300)))
        }
    }

    @Test func aTrackIsAsLargeAsItsLargestPicture() throws {
        var writer = WebMWriter()
        var file = File()
        let video = try number(writer.addTrack(Self.picture))
        writer.writeHeader()
        for size in [PixelSize(640, 360), PixelSize(160, 90)] { writer.enlarge(video, to: size) }
        record(&writer, milliseconds: 1_000, picture: video, sound: try number(writer.addTrack(Self.sound)))
        writer.finish(until: .milliseconds(1_000))
        file.take(writer.takeOutput())
        let entries = try #require(file.segment.child(ElementID.tracks)).all(ElementID.trackEntry)
        #expect(entries[0].child(ElementID.video)?.child(ElementID.pixelWidth)?.unsigned == 640)
        #expect(entries[0].child(ElementID.video)?.child(ElementID.pixelHeight)?.unsigned == 360)
    }

    @Test func aFinishedFileTellsItsDurationTracksAndIndex() throws {
        var writer = WebMWriter()
        var file = File()
        let video = try number(writer.addTrack(Self.picture))
        let audio = try number(writer.addTrack(Self.sound))
        record(&writer, milliseconds: 3_000, picture: video, sound: audio)
        writer.finish(until: .milliseconds(3_010))
        file.take(writer.takeOutput())

        let segment = file.segment
        #expect(segment.length == file.bytes.count - segment.bodyPosition)
        #expect(segment.child(ElementID.info)?.child(ElementID.duration)?.float == 3_010)
        let entries = try #require(segment.child(ElementID.tracks)).all(ElementID.trackEntry)
        #expect(entries.map { $0.child(ElementID.codecID)?.text } == ["V_VP8", "A_OPUS"])
        #expect(entries.map { $0.child(ElementID.name)?.text } == ["änn", "änn"])
        #expect(entries[0].child(ElementID.video)?.child(ElementID.pixelWidth)?.unsigned == 320)
        #expect(entries[1].child(ElementID.audio)?.child(ElementID.samplingFrequency)?.float == 48_000)
        #expect(entries[1].child(ElementID.codecPrivate)?.body.count == 19)

        // Each cue points at the cluster that holds its key frame; each entry of the seek head at its element.
        let clusters = segment.all(ElementID.cluster)
        #expect(clusters.count == 6)
        let cues = try #require(segment.child(ElementID.cues)).all(ElementID.cuePoint)
        #expect(cues.map { $0.child(ElementID.cueTime)?.unsigned } == [0, 1_000, 2_000])
        for cue in cues {
            let time = try #require(cue.child(ElementID.cueTime)).unsigned
            let position = cue.child(ElementID.cueTrackPositions)?.child(ElementID.cueClusterPosition)?.unsigned
            let target = clusters.first { $0.position - segment.bodyPosition == Int(position ?? 0) }
            #expect(target?.child(ElementID.timestamp)?.unsigned == time)
        }
        for seek in try #require(segment.child(ElementID.seekHead)).all(ElementID.seek) {
            let id = try #require(seek.child(ElementID.seekID)).unsigned
            let position = Int(try #require(seek.child(ElementID.seekPosition)).unsigned) + segment.bodyPosition
            #expect(EBMLElement.parse(file.bytes[position...]).first?.id == UInt32(id))
        }
    }

    @Test func whatIsThereBeforeTheEndCanBeReadAndTellsHowLongItIs() throws {
        var writer = WebMWriter()
        var file = File()
        let video = try number(writer.addTrack(Self.picture))
        let audio = try number(writer.addTrack(Self.sound))
        record(&writer, milliseconds: 2_400, picture: video, sound: audio)
        file.take(writer.takeOutput())
        let segment = file.segment
        #expect(segment.length == nil)
        #expect(segment.all(ElementID.cluster).count == 4)
        let duration = try #require(segment.child(ElementID.info)?.child(ElementID.duration)?.float)
        #expect(1_900...2_400 ~= duration)
        #expect(segment.all(ElementID.tracks).first?.all(ElementID.trackEntry).count == 2)
    }

    @Test func whoComesLateGetsATrackInTheSameList() throws {
        var writer = WebMWriter()
        var file = File()
        let video = try number(writer.addTrack(Self.picture))
        let audio = try number(writer.addTrack(Self.sound))
        record(&writer, milliseconds: 1_000, picture: video, sound: audio)
        file.take(writer.takeOutput())
        let late = try number(writer.addTrack(.init(.opus(channels: 1), name: "bob", isDefault: false)))
        record(&writer, from: 1_000, milliseconds: 1_000, picture: video, sound: late)
        writer.finish(until: .seconds(2))
        file.take(writer.takeOutput())
        let entries = try #require(file.segment.child(ElementID.tracks)).all(ElementID.trackEntry)
        #expect(entries.map { $0.child(ElementID.name)?.text } == ["änn", "änn", "bob"])
        #expect(entries.map { $0.child(ElementID.flagDefault)?.unsigned } == [1, 1, 0])
        #expect(file.segment.all(ElementID.cluster).count == 4)
    }

    @Test func aFullListOfTracksTakesNoMore() {
        var writer = WebMWriter()
        let name = String(repeating: "n", count: 128)
        var taken = 0
        while writer.addTrack(.init(.opus(channels: 1), name: name)) != nil { taken += 1 }
        #expect(60...126 ~= taken)
        var file = File()
        writer.finish(until: .zero)
        file.take(writer.takeOutput())
        #expect(file.segment.child(ElementID.tracks)?.all(ElementID.trackEntry).count == taken)
    }

    @Test func aLiveStreamIsNeverPatched() throws {
        var configuration = WebMWriter.Configuration()
        configuration.isLive = true
        var writer = WebMWriter(configuration)
        let video = try number(writer.addTrack(Self.picture))
        let audio = try number(writer.addTrack(Self.sound))
        record(&writer, milliseconds: 1_000, picture: video, sound: audio)
        #expect(writer.addTrack(Self.sound) == nil)
        writer.finish(until: .seconds(1))
        var file = File()
        for step in writer.takeOutput() {
            guard case .append = step else {
                Issue.record("\(step)")
                continue
            }
            file.take([step])
        }
        #expect(file.segment.length == nil)
        #expect(file.segment.all(ElementID.cluster).count == 10)
        #expect(file.segment.child(ElementID.info)?.child(ElementID.duration) == nil)
    }

    @Test func blocksOlderThanTheirClusterKeepTheirTimes() throws {
        var writer = WebMWriter()
        let audio = try number(writer.addTrack(Self.sound))
        let times: [Int64] = [50_000, 49_990, 1_000, 50_020]
        for time in times {
            writer.append(WebMBlock(track: audio, time: .milliseconds(time), isKey: true, bytes: [0xf8, 1]))
        }
        writer.finish(until: .seconds(51))
        var file = File()
        file.take(writer.takeOutput())
        var found: [Int64] = []
        for cluster in file.segment.all(ElementID.cluster) {
            let start = Int64(try #require(cluster.child(ElementID.timestamp)).unsigned)
            for block in cluster.all(ElementID.simpleBlock) {
                let bytes = Array(block.body)
                found.append(start + Int64(Int16(bitPattern: UInt16(bytes[1]) << 8 | UInt16(bytes[2]))))
            }
        }
        #expect(found == times)
    }

    @Test(arguments: [0, 1, 126, 127, 128, 16_382, 16_383, 2_097_150, 2_097_151])
    func lengthsAreReadBack(length: Int) {
        var bytes: [UInt8] = []
        bytes.appendElement(ElementID.void, [UInt8](repeating: 1, count: length))
        let elements = EBMLElement.parse(bytes[...])
        #expect(elements.map(\.length) == [length])
    }
}
