using System.Runtime.CompilerServices;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Scheduling;

/// <summary>A loop's counter.</summary>
internal sealed class LoopVar(string name)
{
    public string Name { get; } = name;
}

/// <summary>constant + sum of coefficient * counter, in floats when it is an address.</summary>
internal sealed record Address(int Constant, (LoopVar Var, int Coefficient)[] Terms)
{
    public static Address Of(int constant) => new(constant, []);

    public Address Plus(int constant) => constant == 0 ? this : new(Constant + constant, Terms);

    [MethodImpl(HotPath.Optimized)]
    public Address Plus(LoopVar variable, int coefficient)
    {
        if (coefficient == 0) return this;
        var at = 0;
        while (at < Terms.Length && Terms[at].Var != variable) at++;
        (LoopVar Var, int Coefficient)[] terms;
        if (at == Terms.Length)
        {
            terms = new (LoopVar Var, int Coefficient)[at + 1];
            Array.Copy(Terms, terms, at);
            terms[at] = (variable, coefficient);
        }
        else if (Terms[at].Coefficient + coefficient == 0)
        {
            terms = new (LoopVar Var, int Coefficient)[Terms.Length - 1];
            Array.Copy(Terms, terms, at);
            Array.Copy(Terms, at + 1, terms, at, terms.Length - at);
        }
        else
        {
            terms = ((LoopVar Var, int Coefficient)[])Terms.Clone();
            terms[at].Coefficient += coefficient;
        }

        return new(Constant, terms);
    }

    [MethodImpl(HotPath.Optimized)]
    public int Coefficient(LoopVar variable)
    {
        foreach (var term in Terms)
            if (term.Var == variable) return term.Coefficient;
        return 0;
    }

    public bool SameTerms(Address other) => Terms.Length == other.Terms.Length && Terms.All(t => other.Coefficient(t.Var) == t.Coefficient);
}

/// <summary>
/// A loop bound: a constant; or a number parameter P of the kernel; or P - (P - Origin) % Multiple, the part of [Origin, P) that whole tiles cover;
/// or P - (P - Origin) % Before % Multiple, where tiles of another size come before; or a constant, but no more than P.
/// </summary>
internal sealed record Bound(string? Parameter, int Value, int Multiple = 1, string? Origin = null, int Before = 1)
{
    public static Bound Of(int value) => new(null, value);

    /// <summary>The constant, but no more than the kernel's number of places that count.</summary>
    public static Bound Taken(int value) => new(Kernel.Taken, value);

    public bool IsTaken => Parameter == Kernel.Taken;
}

internal abstract record Stmt;

/// <summary>
/// for (Var = From; Var &lt; To; Var += Step); descending, the same values (with Step 1) from the last to the first. One that turns goes through the
/// same values from the last to the first where the kernel's number <c>turn</c> is not 0; its bounds are constants.
/// </summary>
internal sealed record ForStmt(LoopVar Var, Bound From, Bound To, int Step, List<Stmt> Body, bool IsDescending = false, bool Turns = false) : Stmt;

/// <summary>if (0 &lt;= Value &lt; Upper).</summary>
internal sealed record IfStmt(Address Value, int Upper, List<Stmt> Body) : Stmt;

/// <summary>Var = the whole number there, less than Upper; for what follows in Body.</summary>
internal sealed record RowStmt(LoopVar Var, int Buffer, Address At, int Upper, List<Stmt> Body) : Stmt;

/// <summary>Var = Of / Step % Count: goes round while the counter goes on, or only gets there by its end; for what follows in Body.</summary>
internal sealed record RoundStmt(LoopVar Var, LoopVar Of, int Step, int Count, bool IsOneRound, List<Stmt> Body) : Stmt;

/// <summary>Fetches the line of the cache that is there, which is read soon, or else after much other memory. The address may be behind the buffer.</summary>
internal sealed record PrefetchStmt(int Buffer, Address At, bool IsSoon) : Stmt;

/// <summary>Declares a register.</summary>
internal sealed record DefineStmt(Reg Target, VExpr Value) : Stmt;

/// <summary>Changes a register.</summary>
internal sealed record AssignStmt(Reg Target, VExpr Value) : Stmt;

/// <summary>Stores the first Lanes lanes.</summary>
internal sealed record StoreStmt(int Buffer, Address At, VExpr Value, int Lanes) : Stmt;

/// <summary>A scope of its own for names.</summary>
internal sealed record BlockStmt(List<Stmt> Body) : Stmt;

/// <summary>Writes one number into Length floats.</summary>
internal sealed record FillStmt(int Buffer, Address At, int Length, double Value) : Stmt;

/// <summary>Target[r * TargetStride + c] = Source[c * SourceStride + r] for all Rows and Columns.</summary>
internal sealed record TransposeStmt(int Target, Address TargetAt, int TargetStride, int Source, Address SourceAt, int SourceStride, int Rows, int Columns) : Stmt;

internal sealed record CommentStmt(string Text) : Stmt;

/// <summary>One stage of a chain, which may be a method of its own: the names of its registers and loops are known nowhere else.</summary>
internal sealed record StageStmt(string Name, string Title, List<Stmt> Body) : Stmt;

/// <summary>A vector register's worth of a variable; width 1 is a scalar.</summary>
internal sealed record Reg(string Name, int Width, bool IsMutable = false);

/// <summary>An expression on vectors of one width (1: scalars).</summary>
internal abstract record VExpr(int Width);

internal sealed record RegExpr(Reg Reg) : VExpr(Reg.Width);

internal sealed record ConstVExpr(double Value, int Width) : VExpr(Width);

/// <summary>Loads Lanes floats; Exact: not one more may be read (the caller's memory), the other lanes are 0.</summary>
internal sealed record LoadExpr(int Buffer, Address At, int Lanes, bool Exact, int Width) : VExpr(Width);

/// <summary>One float in all lanes.</summary>
internal sealed record BroadcastExpr(int Buffer, Address At, int Width) : VExpr(Width);

/// <summary>Lanes floats, Stride apart.</summary>
internal sealed record StridedLoadExpr(int Buffer, Address At, int Stride, int Lanes, int Width) : VExpr(Width);

/// <summary>The number At + Step * lane, as a float.</summary>
internal sealed record IotaExpr(Address At, int Step, int Width) : VExpr(Width);

/// <summary>Uniform random numbers of the counters At + Step * lane, with the row's key in a scalar register.</summary>
internal sealed record RandomVExpr(string RowKey, Address At, int Step, int Width) : VExpr(Width);

internal sealed record UnaryVExpr(UnaryOp Op, VExpr X) : VExpr(X.Width)
{
    /// <summary>The register that takes the function's slope at X, which is computed with it.</summary>
    public Reg? Slope { get; init; }
}

internal sealed record BinaryVExpr(BinaryOp Op, VExpr A, VExpr B) : VExpr(A.Width);

/// <summary>A * B + C.</summary>
internal sealed record FmaExpr(VExpr A, VExpr B, VExpr C) : VExpr(A.Width);

internal sealed record SelectVExpr(VExpr Condition, VExpr WhenTrue, VExpr WhenFalse) : VExpr(WhenTrue.Width);

/// <summary>The first Lanes lanes of X; Neutral in the others.</summary>
internal sealed record KeepLanesExpr(VExpr X, int Lanes, double Neutral) : VExpr(X.Width);

/// <summary>The sum or maximum of all lanes, as a scalar.</summary>
internal sealed record HorizontalExpr(NestKind Kind, VExpr X) : VExpr(1);

/// <summary>A scalar in all lanes.</summary>
internal sealed record SplatExpr(VExpr X, int Width) : VExpr(Width);

/// <summary>Computes the random key of a row: uint NAME = key(seed, STREAM, first row + Row), where STREAM is a number that the kernel is given.</summary>
internal sealed record RowKeyStmt(string Name, string Stream, LoopVar? Row) : Stmt;

/// <summary>Names in a kernel for its streams of random numbers, by their place among them.</summary>
internal static class KeyNames
{
    private const string StreamPrefix = "stream";

    public static string Key(int stream) => "key" + Text(stream);

    public static string Stream(int stream) => StreamPrefix + Text(stream);

    /// <summary>The stream's place, of a name that is a stream's.</summary>
    public static int? StreamOf(string name) =>
        name.StartsWith(StreamPrefix, StringComparison.Ordinal) ? int.Parse(name.Substring(StreamPrefix.Length), System.Globalization.CultureInfo.InvariantCulture) : null;

    private static string Text(int stream) => stream.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>
/// A kernel: its buffers are references to float, its numbers native integers; the body is the same text for every
/// use with the same shapes.
/// </summary>
internal sealed class Kernel
{
    public required string Title { get; init; }

    public required string BaseName { get; init; }

    /// <summary>A name for people for each buffer parameter.</summary>
    public required List<string> Buffers { get; init; }

    /// <summary>Samples that one register tile holds: a call may begin with any sample that whole tiles before it leave.</summary>
    public int RowTile { get; init; } = 1;

    /// <summary>Of a kernel that computes the part [lo, hi) of its output: both are multiples of this, or the end.</summary>
    public int SplitTile { get; init; } = 1;

    /// <summary>The number of places of a sequence that count (<see cref="Planning.TakenPlaces"/>).</summary>
    public const string Taken = "taken";

    /// <summary>Number parameters in order: rows, lo, hi, taken, seed, row, and streams of random numbers; of a whole step, turn.</summary>
    public required List<string> Numbers { get; init; }

    public required List<Stmt> Body { get; init; }
}
