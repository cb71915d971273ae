/// A JSON value (RFC 8259). Objects keep the order in which their members were written.
///
///     let message: JSON = ["type": "signal", "to": .string(peer), "order": 2]
///     let order = try JSON(parsing: text)["order"]?.integer
package enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    /// A number without fraction or exponent that fits into 64 bits.
    case integer(Int64)
    /// Any other number; a value that is not finite is written as `null`.
    case number(Double)
    case string(String)
    case array([JSON])
    case object(JSONObject)
}

extension JSON {
    /// The member of that name, or nil where there is none or this is no object.
    package subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    package var isNull: Bool { self == .null }

    package var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    package var string: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    /// The number where it is a whole one; `3.0` counts as 3, as JavaScript does not tell them apart.
    package var integer: Int64? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int64(exactly: value)
        default: nil
        }
    }

    package var int: Int? { integer.flatMap(Int.init(exactly:)) }

    package var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    package var array: [JSON]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    package var object: JSONObject? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    package init(_ value: Int) { self = .integer(Int64(value)) }
    package init(_ strings: [String]) { self = .array(strings.map(JSON.string)) }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(nilLiteral: ()) { self = .null }
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSON)...) {
        var members = JSONObject()
        for (name, value) in elements { members[name] = value }
        self = .object(members)
    }
}

/// The members of a JSON object, in the order they came; of two with the same name the last one counts.
package struct JSONObject: Hashable, Sendable {
    package private(set) var names: [String] = []
    private var values: [String: JSON] = [:]

    package init() {}

    package var count: Int { names.count }

    /// Setting nil removes the member.
    package subscript(name: String) -> JSON? {
        get { values[name] }
        set {
            if let newValue {
                if values.updateValue(newValue, forKey: name) == nil { names.append(name) }
            } else if values.removeValue(forKey: name) != nil {
                names.removeAll { $0 == name }
            }
        }
    }

    /// Two objects are equal when their members are, in whatever order.
    package static func == (a: JSONObject, b: JSONObject) -> Bool { a.values == b.values }

    package func hash(into hasher: inout Hasher) { hasher.combine(values) }
}

extension JSONObject: Sequence {
    package func makeIterator() -> AnyIterator<(name: String, value: JSON)> {
        var names = self.names.makeIterator()
        let values = self.values
        return AnyIterator {
            guard let name = names.next(), let value = values[name] else { return nil }
            return (name, value)
        }
    }
}
