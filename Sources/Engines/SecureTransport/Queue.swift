/// First in, first out; storage is reused when it has run empty. Its user sees to a bound.
struct Queue<Element> {
    private var elements: [Element] = []
    private var taken = 0

    var count: Int { elements.count - taken }
    var first: Element? { taken < elements.count ? elements[taken] : nil }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func popFirst() -> Element? {
        guard taken < elements.count else { return nil }
        let element = elements[taken]
        taken += 1
        if taken == elements.count {
            elements.removeAll(keepingCapacity: true)
            taken = 0
        } else if taken >= 64, taken * 2 > elements.count {
            elements.removeFirst(taken)
            taken = 0
        }
        return element
    }
}
