/// Tells what a word of the command line names.
enum DeviceWord {
    private static let soundFiles: Set<String> = ["wav", "raw", "pcm", "webm", "y4m", "ivf"]

    /// Whether a `--mic` or `--speaker` word is a file: it exists, has a slash, or ends like one. All else is an ALSA
    /// PCM; its own parameters may have slashes too (`file:/tmp/x`), after a colon.
    static func isFile(_ word: String) -> Bool {
        switch FileKind.of(word) {
        case .regular, .stream: return true
        case .missing, .directory: break
        }
        let beforeSlash = word.prefix { $0 != "/" }
        if beforeSlash.count < word.count { return !beforeSlash.contains(":") }
        return soundFiles.contains(word.pathExtension) && !word.contains(":")
    }
}
