import Primitives

/// A session description (RFC 8866) as WebRTC uses it (RFC 9429): a few lines for the session, then one section for
/// each medium. What is not modelled is kept as plain attributes and written back.
package struct SessionDescription: Hashable, Sendable {
    package var origin = Origin()
    package var name = "-"
    package var groups: [Group] = []
    /// `ice-lite`: this side answers checks and never sends them (RFC 8445 §2.5).
    package var isICELite = false
    package var allowsMixedExtensionHeaders = false
    package var attributes = TransportAttributes()
    package var direction: Direction?
    package var extensions: [HeaderExtension] = []
    package var others: [Attribute] = []
    package var media: [MediaSection] = []

    package init() {}

    /// How much of a peer's text is read. A session of a mesh needs about 6 KiB, one with fifty sections 150 KiB.
    package struct Limits: Sendable {
        package var bytes = 65_536
        package var lines = 4_096
        package var sections = 128
        package var sourcesPerSection = 64
        package init() {}
        package init(bytes: Int, lines: Int, sections: Int, sourcesPerSection: Int) {
            self.bytes = bytes
            self.lines = lines
            self.sections = sections
            self.sourcesPerSection = sourcesPerSection
        }
    }

    /// `o=`: who made this description; the version rises with each one (RFC 8866 §5.2).
    package struct Origin: Hashable, Sendable {
        package var username = "-"
        package var sessionID: UInt64 = 0
        package var version: UInt64 = 0
        package var address = "IN IP4 127.0.0.1"
        package init() {}
        package init(sessionID: UInt64, version: UInt64) {
            self.sessionID = sessionID
            self.version = version
        }
    }

    /// `a=group`: sections that belong together, such as those on one transport (BUNDLE, RFC 9143).
    package struct Group: Hashable, Sendable {
        package var semantics: String
        package var mids: [String]
        package init(_ semantics: String, _ mids: [String]) {
            self.semantics = semantics
            self.mids = mids
        }
    }
}

/// What may be said for the session or for one section, where the section's word counts (RFC 8839 §5, RFC 8842 §5).
package struct TransportAttributes: Hashable, Sendable {
    package var credentials: ICECredentials?
    package var iceOptions: [String] = []
    package var fingerprints: [Fingerprint] = []
    package var setup: SetupRole?
    package init() {}
}

// What holds for a section, said there or for the session.
extension SessionDescription {
    package func credentials(of section: MediaSection) -> ICECredentials? {
        section.attributes.credentials ?? attributes.credentials
    }

    package func fingerprints(of section: MediaSection) -> [Fingerprint] {
        section.attributes.fingerprints.isEmpty ? attributes.fingerprints : section.attributes.fingerprints
    }

    package func setup(of section: MediaSection) -> SetupRole? {
        section.attributes.setup ?? attributes.setup
    }

    package func iceOptions(of section: MediaSection) -> [String] {
        section.attributes.iceOptions.isEmpty ? attributes.iceOptions : section.attributes.iceOptions
    }

    /// `sendrecv` where nobody said anything (RFC 8866 §6.7).
    package func direction(of section: MediaSection) -> Direction {
        section.direction ?? direction ?? .sendrecv
    }

    package func extensions(of section: MediaSection) -> [HeaderExtension] {
        section.extensions + extensions.filter { one in !section.extensions.contains { $0.id == one.id } }
    }

    package func allowsMixedExtensionHeaders(in section: MediaSection) -> Bool {
        allowsMixedExtensionHeaders || section.allowsMixedExtensionHeaders
    }

    /// The mids of the first BUNDLE group.
    package var bundle: [String]? {
        groups.first { $0.semantics == "BUNDLE" }?.mids
    }

    package func section(mid: String) -> MediaSection? {
        media.first { $0.mid == mid }
    }
}
