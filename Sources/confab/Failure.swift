import ArgumentParser
import Call
import Glibc
import Media
import Primitives
import Runtime
import Server

/// An error that ends the program: one line on standard error, and a status.
struct Failure: Error {
    var status: Int32
    var message: String

    init(_ status: Int32, _ message: String) {
        self.status = status
        self.message = message
    }

    init(_ error: ServerError) {
        let status =
            switch error {
            case .usage: ExitStatus.usage
            case .cannotRead: ExitStatus.noInput
            case .cannotWrite: ExitStatus.cannotCreate
            case .cannotListen: ExitStatus.unavailable
            }
        self.init(status, error.message)
    }

    init(_ error: DeviceError) {
        if case .cannotWrite(let message) = error {
            self.init(ExitStatus.cannotCreate, message)
        } else {
            self.init(ExitStatus.noInput, error.message)
        }
    }

    /// Says it and ends the program.
    func end() -> Never {
        writeAll(Array("confab: \(message.controlCharactersVisible)\n".utf8), to: STDERR_FILENO)
        exit(status)
    }
}

/// Runs a verb whose errors are `Failure`s; anything else is ArgumentParser's to explain.
func endingOnFailure<Result>(_ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let failure as Failure {
        failure.end()
    } catch let error as DeviceError {
        Failure(error).end()
    } catch let error as ServerError {
        Failure(error).end()
    }
}
