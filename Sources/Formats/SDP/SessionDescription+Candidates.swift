extension SessionDescription {
    /// The offer with all candidates found so far, in the section that carries everything.
    package func adding(_ candidates: [ICECandidate], isComplete: Bool) -> SessionDescription {
        guard let index = media.firstIndex(where: { !$0.isRejected }) else { return self }
        var description = self
        description.media[index].candidates += candidates
        description.media[index].hasEndOfCandidates = isComplete
        return description
    }

    /// What is told of candidates that were found after the offer went out.
    package func fragment(_ candidates: [ICECandidate], isComplete: Bool) -> ICEFragment? {
        guard let section = media.first(where: { !$0.isRejected }), let mid = section.mid else { return nil }
        var fragment = ICEFragment()
        fragment.credentials = credentials(of: section)
        fragment.mid = mid
        fragment.candidates = candidates
        fragment.hasEndOfCandidates = isComplete
        return fragment
    }
}
