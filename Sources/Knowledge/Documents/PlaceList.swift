// SPDX-License-Identifier: Apache-2.0

/// Where the lines stand in the source that a passage may still begin in.
struct PlaceList {
    private var marks: [(start: Int, place: SourcePlace)] = []

    mutating func append(_ place: SourcePlace, at start: Int) {
        if let last = marks.last, last.start == start { marks.removeLast() }
        if place.offset == nil, let last = marks.last, last.place == place { return }
        marks.append((start, place))
    }

    /// The mark of the line that holds a scalar.
    private func mark(at scalar: Int) -> (start: Int, place: SourcePlace)? {
        var (low, high) = (0, marks.count)
        while low < high {
            let middle = (low + high) / 2
            if marks[middle].start <= scalar { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? marks[low - 1] : nil
    }

    func place(at scalar: Int) -> SourcePlace { mark(at: scalar)?.place ?? SourcePlace() }

    func page(at scalar: Int) -> Int? { place(at: scalar).page }

    /// The bytes of the file from one scalar to another, where all of them stand there as they are.
    func source(
        _ start: Int,
        _ end: Int,
        _ scalars: (Int, Int) -> ArraySlice<Unicode.Scalar>
    ) -> Range<Int>? {
        guard end > start, let first = mark(at: start), let last = mark(at: end - 1), let from = first.place.offset,
            let to = last.place.offset
        else { return nil }
        let lower = from + Self.size(scalars(first.start, start))
        let upper = to + Self.size(scalars(last.start, end))
        return lower < upper ? lower..<upper : nil
    }

    /// Forgets what is before a scalar.
    mutating func trim(to scalar: Int, _ scalars: (Int, Int) -> ArraySlice<Unicode.Scalar>) {
        guard var first = mark(at: scalar) else { return }
        if let offset = first.place.offset { first.place.offset = offset + Self.size(scalars(first.start, scalar)) }
        marks.removeAll { $0.start <= scalar }
        marks.insert((scalar, first.place), at: 0)
    }

    private static func size(_ scalars: ArraySlice<Unicode.Scalar>) -> Int {
        scalars.reduce(0) { $0 + UTF8.width($1) }
    }
}
