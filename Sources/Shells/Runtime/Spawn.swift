import CLinux
import Glibc

/// Starts programs beside us.
package enum Spawn {
    /// `arguments` begins with the program's name, which is looked up in `PATH`; `environment` adds to ours. The three
    /// descriptors become the child's standard streams. Answers its process id, or the error number.
    package static func run(
        _ arguments: [String], environment: [String: String] = [:], input: Int32, output: Int32, errors: Int32
    ) -> (pid: pid_t, error: Int32) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // None is overwritten before it has been copied: they are descriptors of ours, or standard error.
        for (index, descriptor) in [input, output, errors].enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(index))
        }
        var attributes = freshSignals()
        defer { posix_spawnattr_destroy(&attributes) }
        var argv = arguments.map { strdup($0) } + [nil]
        var envp = variables(adding: environment).map { strdup($0) } + [nil]
        defer { for text in argv + envp { free(text) } }
        var pid = pid_t()
        let code = posix_spawnp(&pid, arguments[0], &actions, &attributes, &argv, &envp)
        return (pid, code)
    }

    /// Our blocked and ignored signals are none of the child's business.
    private static func freshSignals() -> posix_spawnattr_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var pipe = sigset_t()
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &pipe)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        return attributes
    }

    private static func variables(adding extra: [String: String]) -> [String] {
        var variables: [String] = []
        var next = environ
        while let variable = next.pointee {
            let text = String(cString: variable)
            if extra[String(text.prefix { $0 != "=" })] == nil { variables.append(text) }
            next += 1
        }
        return variables + extra.map { "\($0.key)=\($0.value)" }
    }
}
