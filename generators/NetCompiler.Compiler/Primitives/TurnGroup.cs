namespace NetCompiler.Compiler.Primitives;

/// <summary>
/// Work of a single step in cases that do not depend on each other, each of them nests in their order: one step goes through the cases from the first to the last, the next
/// one from the last to the first, so that the weights which were read last, and may still be in the nearest cache, are read first. What depends on several of the cases is not in the group.
/// </summary>
public sealed class TurnGroup;
