import Media
import Primitives
import RTP

extension RTPSession {
    /// Streams remembered by SSRC; a peer that invents more must start over.
    private var maxRoutes: Int { max(64, 8 * sections.count) }

    /// Takes an RTP or RTCP packet whose protection was removed.
    package mutating func receive(_ packet: [UInt8], now: Instant) {
        lastReception = now
        switch PacketKind(packet) {
        case .rtp: receiveRTP(packet, now: now)
        case .rtcp: receiveRTCP(packet, now: now)
        case .stun, .dtls, .turnChannel, nil: packetsRejected += 1
        }
    }

    private mutating func receiveRTP(_ bytes: [UInt8], now: Instant) {
        guard let packet = try? RTPPacket(parsing: bytes) else {
            packetsRejected += 1
            return
        }
        let values = HeaderExtensions(packet.extensionBlock, map: extensions)
        if let sequence = values.transportSequence, sendsArrivalFeedback {
            arrivals.record(sequence, now: now)
            lastMediaSource = packet.ssrc
        }
        guard let index = route(packet, values), sections[index].agreed.receives else {
            packetsRejected += 1
            return
        }
        receiverEstimate.receive(bytes: bytes.count, now: now)
        if sections[index].isRepair(packet) {
            guard let ssrc = sections[index].receiver?.ssrc,
                let original = RTX.unwrap(packet, ssrc: ssrc, payloadType: sections[index].agreed.receiveTypes.media)
            else { return }
            take(original, values, isRecovered: true, size: bytes.count, section: index, now: now)
        } else {
            let (isAdmitted, isNew) = sections[index].admit(packet.ssrc, now: now)
            guard isAdmitted else {
                packetsRejected += 1
                return
            }
            if isNew { emit(.sourceChanged(mid: sections[index].agreed.mid, packet.ssrc)) }
            take(packet, values, isRecovered: false, size: bytes.count, section: index, now: now)
        }
    }

    private mutating func take(
        _ packet: RTPPacket, _ values: HeaderExtensions, isRecovered: Bool, size: Int, section index: Int, now: Instant
    ) {
        let agreed = sections[index].agreed
        let isRedundant = agreed.kind == .audio && packet.payloadType == agreed.receiveTypes.redundant
        let isMedia = (isRedundant || packet.payloadType == agreed.receiveTypes.media) && !packet.payload.isEmpty
        let arrival = sections[index].receiver?.receive(
            packet, isMedia: isMedia, isRecovered: isRecovered, size: size, now: now)
        let position: (sequence: Int64, timestamp: Int64)
        switch arrival {
        case .accepted(let sequence, let timestamp): position = (sequence, timestamp)
        case .restarted(let sequence, let timestamp):
            position = (sequence, timestamp)
            emit(.sourceChanged(mid: agreed.mid, packet.ssrc))
        case .dropped, nil: return
        }
        sections[index].lastArrival = now
        if reportDue == nil { reportDue = now + firstReportDelay }
        switch agreed.kind {
        case .audio where isMedia:
            let audio = ReceivedAudio(
                ssrc: packet.ssrc, sequence: position.sequence, timestamp: position.timestamp,
                payload: isRedundant ? [] : [UInt8](packet.payload), level: values.audioLevel, marker: packet.marker,
                arrival: now)
            if isRedundant {
                unpack(packet.payload, audio, section: index)
            } else {
                emit(.audioPacket(mid: agreed.mid, audio))
            }
        case .audio: break
        case .video: drainFrames(index)
        }
        handleReceiverTimeout(index, now: now)
    }

    /// Hands over what came before and is missing, then the new sound.
    private mutating func unpack(_ payload: ArraySlice<UInt8>, _ newest: ReceivedAudio, section index: Int) {
        guard let blocks = try? RedundantAudio(parsing: payload).blocks else {
            packetsRejected += 1
            return
        }
        let agreed = sections[index].agreed
        for (place, block) in blocks.enumerated() where block.payloadType == agreed.receiveTypes.media {
            var audio = newest
            audio.payload = [UInt8](block.data)
            let age = blocks.count - 1 - place
            if age > 0 {
                audio.isRedundant = true
                audio.marker = false
                audio.level = nil
                // Copies are of the packets right before this one; RFC 2198 tells only their times.
                audio.sequence -= Int64(age)
                audio.timestamp -= Int64(block.offset)
                guard !block.data.isEmpty, block.offset > 0,
                    sections[index].receiver?.takeCopy(of: audio.sequence) == true
                else { continue }
            }
            if !audio.payload.isEmpty { emit(.audioPacket(mid: agreed.mid, audio)) }
        }
    }

    /// Hands complete frames to the owner.
    mutating func drainFrames(_ index: Int) {
        while let (frame, timestamp) = sections[index].receiver?.pollFrame() {
            if frame.isKeyFrame { sections[index].isKeyFrameWanted = false }
            emit(.videoFrame(mid: sections[index].agreed.mid, frame, timestamp: timestamp))
        }
    }
}

// MARK: - Which section

extension RTPSession {
    /// Finds the section of a packet by its MID, by its source, by its payload type, in this order (RFC 9143 §9.2).
    private mutating func route(_ packet: RTPPacket, _ values: HeaderExtensions) -> Int? {
        if let mid = values.mid, let index = index(of: mid) {
            learn(packet.ssrc, mid: mid)
            return index
        }
        if let mid = routes[packet.ssrc] { return index(of: mid) }
        let candidates = sections.indices.filter { index in
            let agreed = sections[index].agreed
            return agreed.receives
                && (agreed.receiveTypes.media == packet.payloadType || agreed.receiveTypes.repair == packet.payloadType
                    || agreed.receiveTypes.redundant == packet.payloadType)
        }
        guard candidates.count == 1 else { return nil }
        learn(packet.ssrc, mid: sections[candidates[0]].agreed.mid)
        return candidates[0]
    }

    private mutating func learn(_ ssrc: SSRC, mid: String) {
        guard routes[ssrc] != mid else { return }
        if routes.count >= maxRoutes { relearnRoutes() }
        if routes.count < maxRoutes { routes[ssrc] = mid }
    }

    /// Goes back to what signalling says, and to the streams that run.
    mutating func relearnRoutes() {
        routes.removeAll(keepingCapacity: true)
        extensions = HeaderExtensionMap()
        for section in sections {
            let agreed = section.agreed
            for source in agreed.remoteSources.prefix(8) {
                routes[source.ssrc] = agreed.mid
                if let repair = source.repair { routes[repair] = agreed.mid }
            }
            if let ssrc = section.receiver?.ssrc { routes[ssrc] = agreed.mid }
            for kind in HeaderExtensionKind.allCases {
                if let id = agreed.extensions[kind] { extensions[kind] = id }
            }
        }
    }
}
