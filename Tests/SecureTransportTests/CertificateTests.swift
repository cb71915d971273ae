import Primitives
import Testing

@testable import SecureTransport

struct CertificateTests {
    @Test func everyCertificateIsNewAndKnownByItsFingerprint() throws {
        let first = try Certificate.selfSigned()
        let second = try Certificate.selfSigned()
        #expect(first.fingerprint != second.fingerprint)
        #expect(first.fingerprint.value.count == 32 * 3 - 1)
        #expect(first.fingerprint.value == first.fingerprint.value.uppercased())
        #expect(CertificateFingerprint(ofDER: first.der) == first.fingerprint)
        #expect(CertificateFingerprint(ofPEM: first.pem) == first.fingerprint)
    }

    @Test func aFingerprintSurvivesItsTextForm() throws {
        for algorithm in CertificateFingerprint.Algorithm.allCases {
            let certificate = try Certificate.selfSigned()
            let print = CertificateFingerprint(ofDER: certificate.der, algorithm: algorithm)
            let read = try #require(
                CertificateFingerprint(algorithm: algorithm.rawValue.uppercased(), value: print.value.lowercased()))
            #expect(read == print)
            #expect(read.matches(der: certificate.der))
            #expect(!read.matches(der: try Certificate.selfSigned().der))
        }
    }

    @Test(arguments: [("sha-1", "AA:BB"), ("sha-256", "AA:BB"), ("sha-256", "zz"), ("md5", ""), ("", "")])
    func otherFingerprintsAreRefused(algorithm: String, value: String) {
        #expect(CertificateFingerprint(algorithm: algorithm, value: value) == nil)
    }

    @Test func aCertificateSurvivesItsPEMForm() throws {
        let made = try Certificate.selfSigned(names: ["example.org", "127.0.0.1", "::1"], validity: .seconds(3600))
        let read = try Certificate(pem: made.pem, key: made.privateKeyPEM)
        #expect(read.fingerprint == made.fingerprint)
        #expect(read.expiry == made.expiry)
        let together = made.pem + made.privateKeyPEM
        #expect(try Certificate(pem: together, key: together).fingerprint == made.fingerprint)
    }

    @Test func namesAreCoveredExactly() throws {
        let certificate = try Certificate.selfSigned(names: [
            "call.example", "*.lan.example", "192.0.2.7", "2001:db8::1",
        ])
        #expect(certificate.covers("call.example") && certificate.covers("CALL.example"))
        #expect(
            certificate.covers("a.lan.example") && certificate.covers("192.0.2.7") && certificate.covers("2001:db8::1"))
        #expect(!certificate.covers("other.example") && !certificate.covers("192.0.2.8") && !certificate.covers(""))
    }

    @Test func validityIsWhatWasAskedFor() throws {
        let day = try Certificate.selfSigned(validity: .seconds(86_400))
        let year = try Certificate.selfSigned(validity: .seconds(365 * 86_400))
        #expect(abs(year.expiry - day.expiry - 364 * 86_400) <= 2)
    }

    @Test(arguments: ["bad name", "a,DNS:b", "x\u{0}y", "", "café"]) func oddNamesAreRefused(name: String) {
        #expect(throws: CertificateError.invalidName(name)) { try Certificate.selfSigned(names: [name]) }
    }

    @Test func foreignTextsAreRefused() throws {
        let one = try Certificate.selfSigned()
        let other = try Certificate.selfSigned()
        #expect(throws: CertificateError.malformed) { try Certificate(pem: "nonsense", key: one.privateKeyPEM) }
        #expect(throws: CertificateError.malformed) { try Certificate(pem: one.pem, key: "") }
        #expect(throws: CertificateError.keyMismatch) { try Certificate(pem: one.pem, key: other.privateKeyPEM) }
        #expect(CertificateFingerprint(ofPEM: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n") == nil)
    }
}
