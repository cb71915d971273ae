import CSockets
import STUN

extension TransportAddress {
    /// An IPv4 or IPv6 address as text; nil for names.
    package init?(_ text: String, port: UInt16) {
        var endpoint = confab_endpoint()
        guard confab_parse_address(text, &endpoint) == 0 else { return nil }
        endpoint.port = port
        self.init(endpoint)
    }

    init(_ endpoint: confab_endpoint) {
        let (high, low) = withUnsafeBytes(of: endpoint.ip) {
            ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
        self.init(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low), port: endpoint.port)
    }

    var endpoint: confab_endpoint {
        var endpoint = confab_endpoint()
        withUnsafeMutableBytes(of: &endpoint.ip) {
            $0.storeBytes(of: high.bigEndian, as: UInt64.self)
            $0.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        endpoint.port = port
        return endpoint
    }
}
