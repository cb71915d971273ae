import ArgumentParser
import Logging
import Runtime

struct LogOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Log more; twice for everything.")
    var verbose: Int

    @Flag(name: .shortAndLong, help: "Log errors only.")
    var quiet = false

    @Option(help: "What to log on standard error.")
    var logLevel: Logger.Level?

    @Option(help: "How to log.")
    var logFormat = LogFormat.text

    enum LogFormat: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    func validate() throws {
        if quiet && verbose > 0 { throw ValidationError("--quiet and --verbose contradict each other: give one.") }
    }

    /// Sends every logger of the process to standard error.
    func bootstrap() {
        let level = logLevel ?? (quiet ? .error : [.notice, .info, .debug][min(verbose, 2)])
        let format: StandardErrorLogHandler.Format = logFormat == .json ? .json : .text
        LoggingSystem.bootstrap { StandardErrorLogHandler(label: $0, level: level, format: format) }
    }
}
