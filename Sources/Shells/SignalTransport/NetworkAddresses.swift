import NIOCore

/// The addresses under which other machines may reach this one: those of its interfaces that are up, without loopback
/// and without link-local IPv6, which needs a zone that no link can carry. IPv4 first.
package func reachableAddresses() -> [String] {
    guard let devices = try? System.enumerateDevices() else { return [] }
    let addresses = devices.compactMap { $0.address?.ipAddress }
    let isUsable = { (address: String) in
        !address.hasPrefix("127.") && !address.hasPrefix("169.254.") && address != "::1"
            && !address.lowercased().hasPrefix("fe80:")
    }
    let usable = addresses.filter(isUsable)
    return usable.filter { !$0.contains(":") } + usable.filter { $0.contains(":") }
}
