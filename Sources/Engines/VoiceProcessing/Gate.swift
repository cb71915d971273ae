/// Lets sound through or not, and fades between the two within a block, so that nothing clicks.
struct Gate {
    private var gain: Float = 1

    mutating func process(_ block: inout [Int16], isShut: Bool) {
        let wanted: Float = isShut ? 0 : 1
        guard gain != 1 || wanted != 1 else { return }
        let step = (wanted - gain) / Float(max(1, block.count))
        for index in block.indices {
            gain += step
            block[index] = Int16(Float(block[index]) * gain)
        }
        gain = wanted
    }
}
