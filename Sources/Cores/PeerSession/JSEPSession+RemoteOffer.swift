import Primitives
import RTP
import SDP

extension JSEPSession {
    /// Takes a peer's offer (RFC 9429 §5.10): sections find their transceivers, or get new ones that only receive.
    /// The state must be stable.
    package mutating func setRemoteOffer(_ offer: SessionDescription) throws(NegotiationError) {
        precondition(state == .stable, "an offer is set while another one is open")
        try checkContinuity(offer)
        rememberRollbackPoint()
        numbers.adopt(offer, preferences: configuration.audioCodecs + configuration.videoCodecs)
        let accepted = acceptableSections(of: offer)
        for (index, section) in offer.media.enumerated() {
            let owner = owner(of: section, at: index, direction: offer.direction(of: section))
            if owner == .data, section.isRejected { dataWasRejected = true }
            let slot = Slot(
                mid: section.mid ?? slotMid(at: index), kind: section.kind, transport: section.transport,
                formats: section.formats, owner: accepted.contains(index) ? owner : .nobody)
            if index < slots.count { slots[index] = slot } else { slots.append(slot) }
            // Also where the section will be rejected: its transceiver then stops, and is not offered again.
            if case .transceiver(let id) = owner { update(id) { $0.mid = slot.mid } }
        }
        remoteDescription = offer
        state = .haveRemoteOffer
    }

    /// Lines in use stay where they are, under the same name.
    private func checkContinuity(_ offer: SessionDescription) throws(NegotiationError) {
        guard offer.media.count >= slots.count else { throw .sectionsChanged }
        for (slot, section) in zip(slots, offer.media) where slot.owner != .nobody {
            guard section.kind == slot.kind, section.mid ?? slot.mid == slot.mid else { throw .sectionsChanged }
        }
    }

    private func slotMid(at index: Int) -> String {
        index < slots.count ? slots[index].mid : freeMid()
    }

    /// Whom a section would belong to, were it accepted.
    private mutating func owner(of section: MediaSection, at index: Int, direction: Direction) -> Slot.Owner {
        let current = index < slots.count ? slots[index].owner : .nobody
        if current != .nobody { return current }
        guard !section.isRejected else { return .nobody }
        if section.isDataChannel { return slots.contains { $0.owner == .data } ? .nobody : .data }
        guard section.isSecureRTP, let kind = Transceiver.Kind(section.kind) else { return .nobody }
        let adopted = transceivers.first {
            $0.isOurs && $0.kind == kind && $0.mid == nil && !$0.isStopped && direction.receives
        }
        if let adopted { return .transceiver(adopted.id) }
        return .transceiver(addTransceiver(kind, .recvonly, stream: nil, track: nil, encodings: [], isOurs: false))
    }

    /// Those that can live on one transport: the first usable one and what is bundled with it.
    private func acceptableSections(of offer: SessionDescription) -> Set<Int> {
        let usable = offer.media.indices.filter { isUsable(offer.media[$0], at: $0) }
        let group = offer.bundle ?? []
        let tagged = group.lazy.compactMap { mid in usable.first { offer.media[$0].mid == mid } }.first
        guard let transport = tagged ?? usable.first else { return [] }
        guard let mid = offer.media[transport].mid, group.contains(mid) else { return [transport] }
        return Set(usable.filter { offer.media[$0].mid.map(group.contains) ?? false })
    }

    private func isUsable(_ section: MediaSection, at index: Int) -> Bool {
        guard !section.isRejected else { return false }
        if section.isDataChannel {
            let other = slots.indices.first { slots[$0].owner == .data }
            return configuration.hasDataChannels && (other == nil || other == index)
        }
        guard section.isSecureRTP, section.multiplexesRTCP, let kind = Transceiver.Kind(section.kind) else {
            return false
        }
        if index < slots.count, case .transceiver(let id) = slots[index].owner, transceiver(id)?.isStopped ?? true {
            return false
        }
        return configuration.codecs(kind).contains { section.codecs.contains(where: $0.matches) }
    }
}
