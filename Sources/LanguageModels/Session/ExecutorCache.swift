// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Keeps an executor alive as long as any session uses it.
final class SharedExecutor<Executor: LanguageModelExecutor>: Sendable {
    let executor: Executor

    init(_ executor: Executor) { self.executor = executor }
}

/// One executor for each configuration in use, so that sessions of one process share a model.
enum ExecutorCache {
    private struct Key: Hashable {
        let type: ObjectIdentifier
        let configuration: AnyHashable
    }
    private struct Slot {
        weak var executor: (any AnyObject & Sendable)?
    }
    /// Safe: what goes into a key is `Sendable` (see `Configuration`); `AnyHashable` forgets it.
    private struct Slots: @unchecked Sendable {
        var all: [Key: Slot] = [:]
    }
    private static let slots = Mutex(Slots())

    static func executor<Executor: LanguageModelExecutor>(
        of type: Executor.Type,
        configuration: Executor.Configuration
    ) throws -> SharedExecutor<Executor> {
        try slots.withLock { slots in
            slots.all = slots.all.filter { $0.value.executor != nil }
            let key = Key(type: ObjectIdentifier(type), configuration: AnyHashable(configuration))
            if let known = slots.all[key]?.executor as? SharedExecutor<Executor> { return known }
            let made = SharedExecutor(try Executor(configuration: configuration))
            slots.all[key] = Slot(executor: made)
            return made
        }
    }
}
