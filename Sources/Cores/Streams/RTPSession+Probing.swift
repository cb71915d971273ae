import CongestionControl
import Primitives
import RTP

/// A burst that is being sent: each packet leaves when those before it have passed at the burst's rate.
struct ProbeInProgress: Sendable {
    let cluster: ProbeCluster
    let start: Instant
    var bytes = 0
    var packets = 0

    var isComplete: Bool { bytes >= cluster.bytes && packets >= cluster.packets }

    var nextDeadline: Instant {
        start + Duration(seconds: Double(bytes) * 8 / Double(max(1, cluster.rate.bitsPerSecond)))
    }
}

// Tries out whether the path carries more: what waits goes at once, and padding in the stream of retransmissions fills up.
extension RTPSession {
    /// The section whose stream of retransmissions can carry padding that the other side reports the arrival of.
    private var paddingSection: Int? {
        sections.firstIndex {
            $0.agreed.sends && $0.agreed.kind == .video && $0.agreed.feedback.transportCC
                && $0.agreed.extensions[.transportSequence] != nil && $0.agreed.localRepairSSRC != nil
                && $0.agreed.sendTypes.repair != nil && $0.sender.packetCount > 0
        }
    }

    var probeDeadline: Instant? {
        if let probe { return probe.nextDeadline }
        return paddingSection == nil ? nil : estimator.nextProbe
    }

    mutating func probeIfDue(now: Instant) {
        if probe == nil, paddingSection != nil, let cluster = estimator.pollProbe(now: now) {
            probe = ProbeInProgress(cluster: cluster, start: now)
        }
        while var running = probe, running.nextDeadline <= now {
            guard let bytes = sendProbePacket(running.cluster.id, now: now) else {
                probe = nil
                return
            }
            running.bytes += bytes
            running.packets += 1
            probe = running.isComplete ? nil : running
        }
    }

    /// The size of what was sent; nil where there is nothing to send.
    private mutating func sendProbePacket(_ id: Int, now: Instant) -> Int? {
        if let waiting = pacer.pollAtOnce(now: now) {
            let bytes = waiting.packet.payload.count + Self.headerBytes
            release(waiting, probe: id, now: now)
            return bytes
        }
        guard let index = paddingSection,
            let packet = sections[index].sender.padding(section: sections[index].agreed)
        else { return nil }
        let bytes = transmit(packet, level: nil, section: index, probe: id, now: now)
        pacer.noteSent(bytes: bytes, now: now)
        return bytes
    }
}
