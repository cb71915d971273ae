import PeerSession
import Primitives
import RTP
import Runtime
import SFU
import STUN

/// One producer's track on its way to one subscriber.
///
/// It begins to flow when a description has given it a section and the transport is connected. What it sends of a
/// simulcast is decided by what the subscriber prefers and what its network bears.
@MediaLoop
package final class Consumer {
    /// Whose track it is now; a closed one after the publisher left.
    package private(set) var producer: Producer
    package let transport: WebRtcTransport
    /// The transceiver in the subscriber's descriptions.
    let transceiver: Transceiver.ID
    package private(set) var isClosed = false
    /// The section, once the subscriber has agreed to it.
    package private(set) var mid: String?
    package private(set) var ssrc: UInt32?
    /// Whatever the owner wants to remember of it.
    package var appData: AnyObject?
    /// The producer is gone, and nothing comes any more until `switchTo` or `close`.
    package var onClosed: (() -> Void)?
    /// The layers that pass now: nil when nothing does any more.
    package var onLayersChanged: ((BandwidthAllocator.Layers?) -> Void)?
    /// Nothing passes for lack of bandwidth (true), or something does again.
    package var onStarved: ((Bool) -> Void)?

    private var stream: OutboundStream?
    private var selector = LayerSelector()
    private var audioNeedsStart = true
    private var isStarved = false
    private var lastLayer: Int?
    private var toldLayers: BandwidthAllocator.Layers?
    /// When a report with this stamp was sent, to tell the round trip from the subscriber's answer.
    private var lastReport: (compact: UInt32, sent: Instant)?
    package private(set) var fractionLost = 0.0
    package private(set) var roundTrip: Duration?

    init(producer: Producer, transport: WebRtcTransport, transceiver: Transceiver.ID) {
        self.producer = producer
        kind = producer.kind
        self.transport = transport
        self.transceiver = transceiver
    }

    package let kind: Producer.Kind
    package var packetsSent: Int { Int(stream?.packets ?? 0) }
    package var bytesSent: Int { Int(stream?.octets ?? 0) }
    package var packetsRepeated: Int { stream?.repeated ?? 0 }
    package var currentLayer: Int? { selector.current }

    // MARK: What the subscriber wishes for

    /// While paused nothing is sent; the section stays.
    package private(set) var isPaused = false

    package func pause() {
        guard !isPaused else { return }
        isPaused = true
        producer.updateDemand()
        startOver()
        transport.allocate()
    }

    package func resume() {
        guard isPaused else { return }
        isPaused = false
        producer.updateDemand()
        transport.allocate()
    }

    /// At most these layers are sent. The default is the best there is.
    package var preferredLayers = BandwidthAllocator.Layers(spatial: 3, temporal: 3) {
        didSet {
            guard preferredLayers != oldValue else { return }
            producer.updateDemand()
            transport.allocate()
        }
    }

    /// Of the subscriber's pictures, the one with the highest priority gets bandwidth first.
    package var priority = 0 {
        didSet { if priority != oldValue { transport.allocate() } }
    }

    /// Asks the publisher for a key frame of what is sent.
    package func requestKeyFrame() {
        guard let layer = selector.target else { return }
        producer.requestKeyFrame(layer: layer)
    }

    package func close() {
        guard !isClosed else { return }
        isClosed = true
        producer.remove(self)
        transport.remove(self)
    }

    func producerClosed() {
        guard !isClosed else { return }
        lastLayer = nil
        selector = LayerSelector()
        onClosed?()
    }

    /// Goes on with another track of the same kind, in the same stream: the subscriber sees no change but the content.
    package func switchTo(_ next: Producer) {
        guard !isClosed, next !== producer, next.kind == kind else { return }
        producer.remove(self)
        producer = next
        lastLayer = nil
        selector = LayerSelector()
        next.add(self)
        startOver()
        transport.allocate()
    }

    // MARK: Negotiation

    /// Takes over what was agreed for its section.
    func configure(_ section: NegotiatedSection) {
        guard section.sends, !isClosed else { return stream = nil }
        mid = section.mid
        ssrc = section.localSSRC.value
        guard stream == nil, let codec = section.codecs.first(where: { $0.name == producer.codec.name }) else { return }
        let asksAgain = codec.feedback.contains(.nack)
        var retransmission: (ssrc: UInt32, payloadType: UInt8)?
        if let type = codec.sendRetransmissionType, let source = section.localRetransmissionSSRC {
            retransmission = (source.value, type.value)
        }
        let header = HeaderTemplate(
            mid: section.mid, extensions: section.extensions, isRepeatable: asksAgain && retransmission == nil)
        var random = SystemRandomNumberGenerator()
        stream = OutboundStream(
            .init(
                ssrc: section.localSSRC.value, payloadType: codec.sendType.value, clockRate: codec.clockRate,
                retransmission: retransmission, header: header), keepsHistory: asksAgain, random: &random)
        transport.bind(self, ssrc: section.localSSRC.value)
    }

    /// The transport can carry packets from now on.
    func transportConnected() {
        startOver()
        if kind == .video, selector.needsKeyFrame { requestKeyFrame() }
    }

    /// What comes next is a new beginning.
    func startOver() {
        audioNeedsStart = true
        for layer in producer.layers.indices { selector.forget(layer) }
        if kind == .video, !isPaused { requestKeyFrame() }
    }

    func sourceRestarted(layer: Int) {
        audioNeedsStart = true
        selector.forget(layer)
        if selector.target == layer { requestKeyFrame() }
    }

    func needsKeyFrame(of layer: Int) -> Bool { selector.target == layer && selector.needsKeyFrame }
}

// MARK: - Layers

extension Consumer {
    /// What to ask the allocator for; nil for sound.
    func demand(now: Instant) -> BandwidthAllocator.Demand? {
        guard kind == .video, stream != nil, !isClosed, !producer.isClosed else { return nil }
        return BandwidthAllocator.Demand(
            priority: priority, preferred: isPaused ? nil : preferredLayers, rates: producer.rates(now: now))
    }

    func setAllocation(_ layers: BandwidthAllocator.Layers?) {
        let highest = producer.layers.count - 1
        let spatial = layers.map { min($0.spatial, highest) }
        let neededBefore = selector.needsKeyFrame ? selector.target : nil
        selector.setTarget(spatial, temporal: layers?.temporal ?? 0)
        if selector.needsKeyFrame, selector.target != neededBefore { requestKeyFrame() }
        tellLayers()
        let starved = layers == nil && !isPaused
        if starved != isStarved {
            isStarved = starved
            onStarved?(starved)
        }
    }

    private func tellLayers() {
        let layers = selector.current.map {
            BandwidthAllocator.Layers(spatial: $0, temporal: selector.temporalTarget)
        }
        guard layers != toldLayers else { return }
        toldLayers = layers
        onLayersChanged?(layers)
    }
}

// MARK: - Packets

extension Consumer {
    func forward(
        _ packet: PacketView, sequence: Int64, layer: Int, picture: VP8View?, values: HeaderTemplate.Values,
        now: Instant
    ) {
        guard stream != nil, !isPaused else { return }
        if let picture {
            switch selector.judge(layer: layer, picture: picture) {
            case .ignore: return
            case .drop:
                stream?.drop(sequence: sequence, picture: picture)
                return
            case .switchAndPass:
                begin(with: packet, sequence: sequence, layer: layer, picture: picture, now: now)
                tellLayers()
            case .pass: break
            }
        } else if audioNeedsStart {
            audioNeedsStart = false
            begin(with: packet, sequence: sequence, layer: layer, picture: nil, now: now)
        }
        send(packet, sequence: sequence, layer: layer, picture: picture, values: values, now: now)
    }

    private func begin(with packet: PacketView, sequence: Int64, layer: Int, picture: VP8View?, now: Instant) {
        var elapsed: Duration?
        if let before = lastLayer, let old = producer.layers[before].stream.clock,
            let new = producer.layers[layer].stream.clock, let stream
        {
            let lastSource = stream.newestTimestamp &- stream.timestampOffset
            elapsed = new.elapsed(to: packet.timestamp, since: old, at: lastSource)
        }
        lastLayer = layer
        stream?.restart(with: packet, sequence: sequence, picture: picture, elapsed: elapsed, now: now)
        sendReport(layer: layer, now: now)
    }

    private func send(
        _ packet: PacketView, sequence: Int64, layer: Int, picture: VP8View?, values: HeaderTemplate.Values,
        now: Instant
    ) {
        guard let slot = transport.beginMedia(), let carries = stream?.parameters.header.carriesTransportSequence else {
            return
        }
        var values = values
        if carries { values.transportSequence = transport.nextTransportSequence() }
        let count =
            stream?.forward(
                packet, sequence: sequence, layer: layer, picture: picture, values: values, into: slot, now: now) ?? 0
        transport.endMedia(slot, count: count, transportSequence: carries ? values.transportSequence : nil, now: now)
    }

    /// A packet without content: its number closes up.
    func drop(sequence: Int64, layer: Int) {
        guard kind == .audio ? !audioNeedsStart : selector.current == layer else { return }
        stream?.drop(sequence: sequence, picture: nil)
    }

    /// Answers a request for packets that did not arrive (RFC 4585 §6.2.1).
    func retransmit(_ sequences: [UInt16], now: Instant) {
        let pause = roundTrip ?? .milliseconds(20)
        for sequence in sequences {
            guard let request = stream?.lookUp(sequence, roundTrip: pause, now: now),
                producer.layers.indices.contains(request.layer),
                let store = producer.layers[request.layer].stream.store, let slot = transport.beginMedia()
            else { continue }
            var values = HeaderTemplate.Values(sendTime: AbsoluteSendTime(now), transportSequence: 0)
            let carries = stream?.parameters.header.carriesTransportSequence ?? false
            if carries { values.transportSequence = transport.nextTransportSequence() }
            let count = store.withPacket(request.source) { stored, payload in
                stream?.repeat(request, stored: stored, payload: payload, values: values, into: slot) ?? 0
            }
            // Without RTX it goes out as it was, under its own number (`HeaderTemplate.isRepeatable`).
            transport.endMedia(
                slot, count: count ?? 0, transportSequence: carries ? values.transportSequence : nil,
                isRepetition: stream?.parameters.retransmission == nil, now: now)
        }
    }

    /// Sends about so many bytes of padding. False where this stream cannot.
    func sendPadding(_ bytes: Int, now: Instant) -> Bool {
        guard stream?.canPad ?? false else { return false }
        var left = bytes
        while left > 0, let slot = transport.beginMedia() {
            let values = HeaderTemplate.Values(
                sendTime: AbsoluteSendTime(now), transportSequence: transport.nextTransportSequence())
            let count = stream?.pad(min(left, 255), values: values, into: slot) ?? 0
            transport.endMedia(slot, count: count, transportSequence: values.transportSequence, now: now)
            left -= max(count, 1)
        }
        return true
    }

    // MARK: Reports

    /// Passes on what the publisher said of its clock, in this stream's terms.
    func sendReport(layer: Int, now: Instant) {
        guard let stream, stream.hasBegun, lastLayer == layer, let clock = producer.layers[layer].stream.clock else {
            return
        }
        let report = clock.rewritten(
            ssrc: stream.parameters.ssrc, timestampOffset: stream.timestampOffset, packets: stream.packets,
            octets: stream.octets, now: now)
        lastReport = (report.ntpTime.compact, now)
        transport.sendRTCP([
            .senderReport(report),
            .sourceDescription([SourceDescription(ssrc: report.ssrc, cname: transport.cname)]),
        ])
    }

    func receive(_ block: ReportBlock, now: Instant) {
        fractionLost = Double(block.fractionLost) / 256
        guard let lastReport, block.lastSenderReport == lastReport.compact, block.lastSenderReport != 0 else { return }
        let delay = Duration(seconds: Double(block.delaySinceLastSenderReport) / 65_536)
        let measured = now - lastReport.sent - delay
        guard measured >= .zero, measured < .seconds(10) else { return }
        // A queue that has grown is known at once.
        roundTrip = roundTrip.map { max(measured, ($0 * 7 + measured) / 8) } ?? measured
    }
}
