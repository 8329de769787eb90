// SPDX-License-Identifier: Apache-2.0

/// What a user says to a model.
public struct Prompt: Sendable, PromptRepresentable {
    package let text: String

    package init(text: String) { self.text = text }

    /// The prompt that something stands for.
    public init(_ content: some PromptRepresentable) { text = content.promptRepresentation.text }

    /// A prompt of several parts, a line each.
    ///
    /// - Throws: What the parts throw.
    public init(@PromptBuilder _ content: () throws -> Prompt) rethrows { self = try content() }

    /// Itself.
    public var promptRepresentation: Prompt { self }
}

/// What can be part of a prompt.
public protocol PromptRepresentable {
    /// The prompt that it stands for.
    @PromptBuilder var promptRepresentation: Prompt { get }
}

extension String: PromptRepresentable {
    /// A prompt of this text.
    public var promptRepresentation: Prompt { Prompt(text: self) }
}

/// Joins the parts of a prompt, a line each.
@resultBuilder
public struct PromptBuilder {
    /// Joins parts that follow each other; an empty one adds no line.
    public static func buildBlock(_ components: Prompt...) -> Prompt {
        Prompt(text: Lines.join(components.map(\.text)))
    }

    /// Takes a part as it is.
    public static func buildExpression(_ expression: Prompt) -> Prompt { expression }

    /// Takes what a part stands for.
    @_disfavoredOverload
    public static func buildExpression(_ expression: some PromptRepresentable) -> Prompt {
        expression.promptRepresentation
    }

    /// Joins the parts of a loop.
    public static func buildArray(_ prompts: [Prompt]) -> Prompt { Prompt(text: Lines.join(prompts.map(\.text))) }

    /// Takes the first branch.
    public static func buildEither(first component: Prompt) -> Prompt { component }

    /// Takes the second branch.
    public static func buildEither(second component: Prompt) -> Prompt { component }

    /// Takes a part that may be missing.
    public static func buildOptional(_ component: Prompt?) -> Prompt { component ?? Prompt(text: "") }
}

/// What a developer tells a model to be.
public struct Instructions: Sendable, InstructionsRepresentable {
    package let text: String

    package init(text: String) { self.text = text }

    /// The instructions that something stands for.
    public init(_ content: some InstructionsRepresentable) { text = content.instructionsRepresentation.text }

    /// Instructions of several parts, a line each.
    ///
    /// - Throws: What the parts throw.
    public init(@InstructionsBuilder _ content: () throws -> Instructions) rethrows { self = try content() }

    /// Itself.
    public var instructionsRepresentation: Instructions { self }
}

/// What can be part of instructions.
public protocol InstructionsRepresentable {
    /// The instructions that it stands for.
    @InstructionsBuilder var instructionsRepresentation: Instructions { get }
}

extension String: InstructionsRepresentable {
    /// Instructions of this text.
    public var instructionsRepresentation: Instructions { Instructions(text: self) }
}

/// Joins the parts of instructions, a line each.
@resultBuilder
public struct InstructionsBuilder {
    /// Joins parts that follow each other; an empty one adds no line.
    public static func buildBlock(_ components: Instructions...) -> Instructions {
        Instructions(text: Lines.join(components.map(\.text)))
    }

    /// Takes a part as it is.
    public static func buildExpression(_ expression: Instructions) -> Instructions { expression }

    /// Takes what a part stands for.
    @_disfavoredOverload
    public static func buildExpression(_ expression: some InstructionsRepresentable) -> Instructions {
        expression.instructionsRepresentation
    }

    /// Joins the parts of a loop.
    public static func buildArray(_ instructions: [Instructions]) -> Instructions {
        Instructions(text: Lines.join(instructions.map(\.text)))
    }

    /// Takes the first branch.
    public static func buildEither(first component: Instructions) -> Instructions { component }

    /// Takes the second branch.
    public static func buildEither(second component: Instructions) -> Instructions { component }

    /// Takes a part that may be missing.
    public static func buildOptional(_ component: Instructions?) -> Instructions {
        component ?? Instructions(text: "")
    }
}

private enum Lines {
    static func join(_ parts: [String]) -> String { parts.filter { !$0.isEmpty }.joined(separator: "\n") }
}
