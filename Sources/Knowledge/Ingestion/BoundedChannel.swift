// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Elements from one task to another, in order; the sender waits while more than `limit` of their weight is on the way.
package final class BoundedChannel<Element: Sendable>: Sendable {
    private struct State {
        var elements: [(element: Element, weight: Int)] = []
        var weight = 0
        var isFinished = false
        var sender: CheckedContinuation<Void, Never>?
        var receiver: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())
    private let limit: Int

    package init(limit: Int) { self.limit = limit }

    /// Waits for room; one sender at a time. False after `finish`: nobody takes any more.
    @discardableResult
    package func send(_ element: Element, weight: Int = 0) async -> Bool {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let (waits, receiver) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
                guard !state.isFinished else { return (false, nil) }
                state.elements.append((element, weight))
                state.weight += weight
                let waits = state.weight > limit
                if waits { state.sender = continuation }
                defer { state.receiver = nil }
                return (waits, state.receiver)
            }
            receiver?.resume()
            if !waits { continuation.resume() }
        }
        return !state.withLock { $0.isFinished }
    }

    /// No more will come, or be taken: whoever waits goes on.
    package func finish() {
        let (sender, receiver) = state.withLock { state in
            state.isFinished = true
            defer { (state.sender, state.receiver) = (nil, nil) }
            return (state.sender, state.receiver)
        }
        sender?.resume()
        receiver?.resume()
    }

    /// The next element; nil after the last. One receiver at a time.
    package func next() async -> Element? {
        while true {
            let (element, isFinished, sender) = state.withLock { state in
                guard !state.elements.isEmpty else {
                    return (Element?.none, state.isFinished, CheckedContinuation<Void, Never>?.none)
                }
                let (element, weight) = state.elements.removeFirst()
                state.weight -= weight
                guard state.weight <= limit else { return (element, false, nil) }
                defer { state.sender = nil }
                return (element, false, state.sender)
            }
            sender?.resume()
            if let element { return element }
            if isFinished { return nil }
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let goesOn = state.withLock { state in
                    guard state.elements.isEmpty, !state.isFinished else { return true }
                    state.receiver = continuation
                    return false
                }
                if goesOn { continuation.resume() }
            }
        }
    }
}
