import CNice
import Runtime

/// libnice, loaded when it is first needed (CNice.h says why).
package enum LibNice {
    /// Its functions. Without it there are no calls, so that ends the program: the package depends on it.
    nonisolated(unsafe) fileprivate static let functions: UnsafePointer<confab_nice> = {  // never written once loaded
        guard let table = confab_nice_load() else {
            fatalError("libnice.so.10 cannot be loaded: install it (Debian: apt-get install libnice10)")
        }
        return table
    }()

    /// Loads it on a thread of its own, beside the first steps of joining.
    package static func preload() {
        _ = JoinableThread(name: "libnice") { _ = confab_nice_load() }
    }
}

var nice: confab_nice { LibNice.functions.pointee }
