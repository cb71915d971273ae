import PeerSession
import Primitives
import RTP
import Runtime
import SDP
import SFU

/// One track that a participant publishes, as it comes in over that participant's transport.
@MediaLoop
package final class Producer {
    package typealias Kind = Transceiver.Kind

    /// Unique within the router, and never used again.
    package let id: Int
    package let kind: Kind
    /// The section of the publisher's descriptions.
    package let mid: String
    /// Stream and track as the publisher named them (`msid`). LiveKit's `cid` is the track.
    package private(set) var stream: MediaStreamID?
    /// The layers' names, lowest first; empty without simulcast.
    package private(set) var rids: [String] = []
    package let transport: WebRtcTransport
    package private(set) var consumers: [Consumer] = []
    package private(set) var isClosed = false
    /// Whatever the owner wants to remember of it.
    package var appData: AnyObject?
    /// The publisher stopped sending this track for good.
    package var onClosed: (() -> Void)?
    /// Of a simulcast the layers above this one are of no use to anybody now.
    package var onHighestLayerWanted: ((Int) -> Void)?

    private var demand: LayerDemand?
    /// Which layers came when subscribers were last given theirs.
    private var activeLayers: [Bool] = []
    private(set) var codec: NegotiatedCodec
    private(set) var layers: [Layer] = []
    private var extensions = HeaderExtensionMap()
    private var audioLevelID: UInt8?
    private let parameters: InboundStream.Parameters

    struct Layer {
        var rid: String?
        var ssrc: UInt32?
        var retransmissionSSRC: UInt32?
        var stream: InboundStream
        var keyFrames = KeyFrameThrottle()
    }

    /// What is known of it, for statistics.
    package struct LayerStatistics: Sendable {
        package var rid: String?
        package var ssrc: UInt32?
        package var packets: Int
        package var bytes: Int
        package var lost: Int
        package var fractionLost: Double
        package var jitter: Duration
        package var bitrate: Bitrate
        package var isActive: Bool
    }

    init(id: Int, section: NegotiatedSection, transport: WebRtcTransport) {
        self.id = id
        kind = section.kind
        mid = section.mid
        self.transport = transport
        // Never empty.
        codec = section.codecs[0]
        let asksAgain = codec.feedback.contains(.nack)
        parameters = InboundStream.Parameters(
            clockRate: codec.clockRate, isVideo: section.kind == .video, asksAgain: asksAgain)
        update(section)
    }

    /// Takes over what a new agreement says.
    func update(_ section: NegotiatedSection) {
        codec = section.codecs[0]
        stream = section.remoteStream
        extensions = section.extensions
        audioLevelID = extensions[.audioLevel]
        guard layers.isEmpty else { return bindAnnounced(section) }
        rids = SimulcastOrder.lowestFirst(section.receiveEncodings)
        let count = rids.isEmpty ? max(1, min(section.remoteSources.count, 4)) : rids.count
        for index in 0..<count {
            layers.append(Layer(rid: rids.isEmpty ? nil : rids[index], stream: InboundStream(parameters)))
        }
        if layers.count > 1 {
            demand = LayerDemand(highest: layers.count - 1)
            updateDemand()
        }
        bindAnnounced(section)
    }

    /// Sources that the description names; with layers that have names, packets tell.
    private func bindAnnounced(_ section: NegotiatedSection) {
        guard rids.isEmpty else { return }
        for (index, source) in section.remoteSources.enumerated() where index < layers.count {
            bind(source.ssrc.value, layer: index, isRetransmission: false)
            if let repeats = source.retransmissionSSRC { bind(repeats.value, layer: index, isRetransmission: true) }
        }
    }

    // MARK: Control

    /// While paused nothing is forwarded; consumers go on where a key frame comes after.
    package private(set) var isPaused = false

    package func pause() { isPaused = true }

    package func resume() {
        guard isPaused else { return }
        isPaused = false
        for consumer in consumers { consumer.startOver() }
    }

    /// Asks the publisher for a key frame of a layer; many requests become one.
    package func requestKeyFrame(layer: Int) {
        guard kind == .video, !isClosed, layers.indices.contains(layer) else { return }
        let now = Clock.now()
        if layers[layer].keyFrames.request(now: now) { sendKeyFrameRequest(layer) }
        transport.reschedule()
    }

    private func sendKeyFrameRequest(_ layer: Int) {
        guard let ssrc = layers[layer].ssrc, !isPaused, !isClosed else { return }
        transport.requestKeyFrame(ssrc: ssrc, codec: codec)
    }

    package func statistics(now: Instant = Clock.now()) -> [LayerStatistics] {
        layers.map { layer in
            let reception = layer.stream.reception
            return LayerStatistics(
                rid: layer.rid, ssrc: layer.ssrc, packets: Int(reception.packets), bytes: Int(reception.bytes),
                lost: Int(reception.lost), fractionLost: reception.fractionLost, jitter: reception.jitterTime,
                bitrate: layer.stream.rates.rate(upTo: LayerRates.temporalLayers - 1, now: now),
                isActive: isActive(layer, now: now))
        }
    }

    private static let silence = Duration.milliseconds(1_500)

    private func isActive(_ layer: Layer, now: Instant) -> Bool {
        layer.stream.lastPacket.map { now - $0 < Self.silence } ?? false
    }

    /// A layer began or ceased to come: subscribers are given others. Many tell nothing of their network, and would not
    /// be looked at again otherwise.
    private func followActivity(now: Instant) {
        guard layers.count > 1 else { return }
        let active = layers.map { isActive($0, now: now) }
        guard active != activeLayers else { return }
        activeLayers = active
        for consumer in consumers { consumer.transport.allocate() }
    }

    /// Rates by layer, for sharing a subscriber's bandwidth; zero for layers that do not come.
    func rates(now: Instant) -> [[Bitrate]] {
        layers.map { layer in
            guard isActive(layer, now: now) else { return [.zero] }
            return (0...layer.stream.rates.highestTemporalLayer).map { layer.stream.rates.rate(upTo: $0, now: now) }
        }
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        for consumer in consumers { consumer.producerClosed() }
        consumers = []
        transport.router.remove(self)
        onClosed?()
    }

    func add(_ consumer: Consumer) {
        consumers.append(consumer)
        updateDemand()
    }

    func remove(_ consumer: Consumer) {
        consumers.removeAll { $0 === consumer }
        updateDemand()
    }

    /// A consumer came, went, or wants something else.
    func updateDemand() {
        guard var demand, !isClosed else { return }
        let wanted = consumers.lazy.filter { !$0.isPaused }.map(\.preferredLayers.spatial).max()
        let isNews = demand.update(wanted.map { min($0, self.layers.count - 1) }, now: Clock.now())
        self.demand = demand
        if isNews { onHighestLayerWanted?(demand.highest) }
        transport.reschedule(at: demand.nextDeadline)
    }
}

// MARK: - Packets

extension Producer {
    /// Learns which source a layer has.
    func bind(_ ssrc: UInt32, layer: Int, isRetransmission: Bool) {
        let old = isRetransmission ? layers[layer].retransmissionSSRC : layers[layer].ssrc
        guard old != ssrc else { return }
        if let old { transport.unbind(old) }
        if isRetransmission {
            layers[layer].retransmissionSSRC = ssrc
        } else {
            layers[layer].ssrc = ssrc
            if old != nil { restart(layer) }
        }
        transport.bind(ssrc, to: .init(producer: self, layer: layer, isRetransmission: isRetransmission))
        if !isRetransmission, consumers.contains(where: { $0.needsKeyFrame(of: layer) }) {
            requestKeyFrame(layer: layer)
        }
    }

    private func restart(_ layer: Int) {
        layers[layer].stream = InboundStream(parameters)
        for consumer in consumers { consumer.sourceRestarted(layer: layer) }
    }

    /// A packet from the publisher, opened; on its way out within this call.
    func receive(_ packet: PacketView, layer: Int, isRetransmission: Bool, now: Instant) {
        var media = packet
        if isRetransmission {
            guard packet.payloadType == codec.receiveRetransmissionType?.value,
                let original = packet.original(
                    ssrc: layers[layer].ssrc ?? 0, payloadType: codec.receiveType.value)
            else { return }
            media = original
        }
        guard media.payloadType == codec.receiveType.value else { return }
        let picture = kind == .video ? VP8View(media.payload) : nil
        let sequence: Int64
        switch layers[layer].stream.receive(
            media, temporalLayer: picture?.temporalLayer ?? 0, isRecovered: isRetransmission, size: packet.bytes.count,
            now: now)
        {
        case .dropped: return
        case .packet(let number): sequence = number
        case .restarted(let number):
            for consumer in consumers { consumer.sourceRestarted(layer: layer) }
            sequence = number
        }
        if kind == .video {
            transport.reschedule(at: layers[layer].stream.nextDeadline)
            if layers.count > 1, activeLayers.isEmpty || !activeLayers[layer] { followActivity(now: now) }
        }
        forward(media, sequence: sequence, layer: layer, picture: picture, now: now)
    }

    private func forward(_ packet: PacketView, sequence: Int64, layer: Int, picture: VP8View?, now: Instant) {
        var values = HeaderTemplate.Values(sendTime: AbsoluteSendTime(now), transportSequence: 0)
        if let audioLevelID, let element = packet.element(audioLevelID), let level = element.first {
            values.audioLevel = level
            if !isPaused { transport.router.record(self, level: level & 0x7f, now: now) }
        }
        guard !isPaused else { return }
        if let picture, picture.startsKeyFrame { layers[layer].keyFrames.keyFrameArrived() }
        // Packets without content, and pictures that make no sense, leave no gap behind.
        let hasContent = !packet.isEmpty && (kind == .audio || picture != nil)
        for consumer in consumers {
            if hasContent {
                consumer.forward(packet, sequence: sequence, layer: layer, picture: picture, values: values, now: now)
            } else {
                consumer.drop(sequence: sequence, layer: layer)
            }
        }
    }

    func receive(_ report: SenderReport, layer: Int, now: Instant) {
        layers[layer].stream.receive(report, now: now)
        for consumer in consumers { consumer.sendReport(layer: layer, now: now) }
    }

    // MARK: Feedback to the publisher

    var nextDeadline: Instant? {
        layers.reduce(demand?.nextDeadline) {
            earliest($0, earliest($1.stream.nextDeadline, $1.keyFrames.nextDeadline))
        }
    }

    /// What is due: NACKs go into `packets`, key-frame requests out at once.
    func handleTimeout(now: Instant, sender: SSRC, packets: inout [RTCPPacket]) {
        followActivity(now: now)
        if demand?.handleTimeout(now: now) == true, let demand { onHighestLayerWanted?(demand.highest) }
        for index in layers.indices {
            let missing = layers[index].stream.handleTimeout(now: now)
            if !missing.isEmpty, let ssrc = layers[index].ssrc {
                packets.append(.nack(GenericNACK(sender: sender, media: SSRC(ssrc), sequences: missing)))
            }
            if layers[index].keyFrames.handleTimeout(now: now),
                consumers.contains(where: { $0.needsKeyFrame(of: index) })
            {
                sendKeyFrameRequest(index)
            }
        }
    }

    func reportBlocks(now: Instant) -> [ReportBlock] {
        layers.indices.compactMap { index in
            layers[index].ssrc.flatMap { layers[index].stream.report(ssrc: $0, now: now) }
        }
    }
}

/// Which of a simulcast's names stands for which size.
enum SimulcastOrder {
    /// The names that LiveKit and others use are known; anything else is taken as it is listed.
    static func lowestFirst(_ rids: [String]) -> [String] {
        for known in [["q", "h", "f"], ["l", "m", "h"], ["low", "mid", "high"]] {
            let ranks = rids.map { known.firstIndex(of: $0) }
            guard ranks.allSatisfy({ $0 != nil }) else { continue }
            return rids.sorted { (known.firstIndex(of: $0) ?? 0) < (known.firstIndex(of: $1) ?? 0) }
        }
        return rids
    }
}
