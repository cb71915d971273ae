/// How much of each eighth of a cell (two across, four down) the printable ASCII characters cover, 0…255: measured once
/// from DejaVu Sans Mono in cells of 1:2; other fonts for terminals differ little.
enum CharacterShapes {
    static let samples = 8
    static let first: UInt8 = 0x20

    struct Shape {
        let scalar: Unicode.Scalar
        /// In eighths, rows top-down, left first, relative to the densest character: about 0…1.
        let cover: [Float]
        let mean: Float
    }

    /// By rising mean.
    static let all: [Shape] = {
        let rows = table.split { $0 == " " || $0 == "\n" }.map { row in
            let digits = Array(row)
            return stride(from: 0, to: 16, by: 2).map { Float(Int(String(digits[$0...$0 + 1]), radix: 16) ?? 0) }
        }
        let densest = rows.map { $0.reduce(0, +) / 8 }.max() ?? 1
        return rows.enumerated().map { index, row in
            let cover = row.map { $0 / densest }
            return Shape(
                scalar: Unicode.Scalar(first + UInt8(index)), cover: cover, mean: cover.reduce(0, +) / 8)
        }.sorted { $0.mean < $1.mean }
    }()

    /// What the densest character covers of its cell.
    static let densest: Float = 0.263

    private static let table = """
        0000000000000000 0b0a2a2918180706 12122f2f00000000 0810637272630d07 040a634033801720 1500752e2d730015 201b63075e881c1f
        0909181700000000 00193518410d0525 1a0019340f402505 0807515005040000 0000201f504f0000 000000001013280c 000000001b1b0000
        0000000012110808 0014064948072500 1f1f605f5f5f1414 1e1117441a50161f 2d1e07594c2b1e1c 2d1f1a5e115d2414 001d395d4c74000d
        2a24592c105c2612 1b276e345b581417 312f005333230e00 24235d5d5e5e1918 241f555c366d1f0f 00001b1912110808 00001b191013280c
        0000263e453e0000 00003d3d3d3d0000 00003f253f450000 25230b5626160805 040a5e7875653525 0f0f4b4c69690d0d 2f1e6d665d631d11
        182f58045b100d23 3112555c5f5e1e07 2b306a2d5c131b1f 2833672c54000d00 1b2a58115b671020 1515707054540d0d 2b2a2b2937351b1b
        192300531657250e 1518833d5f5b0d10 150054005c141a22 1f1f888959590c0c 1e148d58558e0d12 212057575a5a1515 2b21596764160d00
        212057575a5a1536 31195e6365580d0e 2328681b19662017 3b3b2a2a2a2a0706 1515545358571717 1515515149490909 14146d6c79790d0d
        16164b4c55530e0e 161651512b290706 2d3705585c1d1e23 181a400c400c261d 14004e01113e0025 1b170d3f0d3f1e25 100f363600000000
        0000000000003837 2203020600000000 00002d4261771d17 1c0069465d551918 00003b30560e0d22 001c4669555d1818 0000424371441320
        08314e3c33190804 0000464e5a61384e 1c0065464c4c0c0c 0c112e1d28361c1f 031a222d0844352b 1d00543766500c0e 340343093e180119
        0000615966691010 00004b464c4c0c0c 0000444457571616 00004f455d554d18 00004550565d174e 00003b394d000c00 0000422636591f15
        0c006725490f031a 00003232525a1917 000033334b4b0909 0000353576760d0d 000036374c4b0e0e 00003434484b4511 0000234e49221b1b
        05292727471c1136 0e0d242324232220 2a0529241d45370f 000012042c3b0000
        """
}
