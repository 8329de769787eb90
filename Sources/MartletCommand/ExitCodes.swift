// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Graphs
import Knowledge
import LanguageModels
import Tensors
import TextGeneration
import Tokenization
import Transformers

/// How the program ends (`sysexits`); the command line promises each.
enum Exit: Int32 {
    case done = 0
    /// Wrong usage.
    case usage = 64
    /// Input data malformed.
    case data = 65
    /// Input not found.
    case noInput = 66
    /// A needed service or model is unavailable.
    case unavailable = 69
    /// A defect of ours.
    case software = 70
    /// Output cannot be made.
    case cannotCreate = 73
    /// Reading or writing failed.
    case io = 74
    /// Wrong configuration.
    case configuration = 78
    case interrupted = 130
}

/// What a command itself finds wrong.
struct CommandError: Error {
    let exit: Exit
    /// What is wrong and what to do, in one line.
    let message: String

    init(_ exit: Exit, _ message: String) {
        self.exit = exit
        self.message = message
    }
}

/// The reader of standard output is gone; nobody is left to be told.
struct ClosedPipe: Error {}

extension Exit {
    /// The exit code of any error, and the line that tells of it.
    static func of(_ error: any Error) -> (exit: Exit, message: String) {
        switch error {
        case let error as CommandError: (error.exit, error.message)
        case let error as CheckpointError: (code(error.code), error.description)
        case let error as TokenizationError: (.data, error.description)
        case let error as ModelError: (code(error.code), error.description)
        case let error as TensorError: (error.code == .outOfMemory ? .unavailable : .data, error.description)
        case let error as TextGenerationError: generation(error)
        case let error as LanguageModelError: (.data, error.description)
        case let error as KnowledgeError: (code(error.code), error.description)
        case let error as GraphError: (code(error.code), error.description)
        case is CancellationError: (.interrupted, "interrupted")
        default: (.software, "\(error); this is a defect of martlet, please report it with the command")
        }
    }

    private static func code(_ code: CheckpointError.Code) -> Exit {
        switch code {
        case .malformed, .notAModel, .unsupported, .checksum: .data
        case .notFound, .notRegularFile: .noInput
        case .unavailable: .unavailable
        case .noSpace, .cannotCreate: .cannotCreate
        case .io: .io
        case .configuration: .configuration
        case .cancelled: .interrupted
        }
    }

    private static func generation(_ error: TextGenerationError) -> (Exit, String) {
        switch error.code {
        case .promptTooLong: (.data, error.description)
        case .cacheTooSmall, .invalidRequest: (.usage, error.description)
        case .invalidLogits: (.data, error.description)
        case .engineStopped: (.software, error.description)
        case .model: error.underlying.map(of) ?? (.software, error.description)
        }
    }

    private static func code(_ code: KnowledgeError.Code) -> Exit {
        code == .notWritable ? .cannotCreate : Exit(rawValue: code.exitCode) ?? .software
    }

    private static func code(_ code: GraphError.Code) -> Exit {
        switch code {
        case .badSyntax, .badQuery, .badRule: .data
        case .limit: .unavailable
        case .unreadable, .notFound: .noInput
        }
    }

    private static func code(_ code: ModelError.Code) -> Exit {
        switch code {
        case .unsupportedArchitecture, .wrongKind, .configuration, .batch: .data
        case .cacheFull: .unavailable
        }
    }
}
