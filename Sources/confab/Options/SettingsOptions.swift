import ArgumentParser

/// Where settings come from besides the command line. Both are read before the command line is, to complete it.
struct SettingsOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Read this configuration file.", valueName: "file"), completion: .file())
    var config: String?

    @Option(help: ArgumentHelp("Use this profile of the configuration file.", valueName: "name"))
    var profile: String?
}
