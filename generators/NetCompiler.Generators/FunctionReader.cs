using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Generators;

/// <summary>
/// Reads a static method of floats as one expression in the notation of <see cref="FunctionSpec.Body"/>: locals and calls to other such
/// methods are written out, constants are computed as C# computes them, an <c>if</c> becomes a selection.
/// </summary>
internal sealed class FunctionReader(Compilation compilation, CancellationToken cancellation)
{
    /// <summary>A longer text comes from locals or calls that double it again and again, and would not end.</summary>
    private const int MaximumLength = 20_000;

    /// <summary>Operations that are read, those of a method once for each call. Calls that call others twice, again and again, need not make a long text.</summary>
    private const int MaximumWork = 50_000;

    /// <summary>Operations within each other: more would overflow the stack.</summary>
    private const int MaximumDepth = 1000;

    /// <summary>Functions of functions in the text: what is computed of them, and their derivative, would not end.</summary>
    private const int MaximumNesting = 250;

    private readonly List<ISymbol> _open = [];
    private int _work, _depth;
    private readonly Dictionary<ISymbol, string> _values = new(SymbolEqualityComparer.Default);
    private readonly Dictionary<ISymbol, Condition> _conditions = new(SymbolEqualityComparer.Default);

    /// <summary>A truth value, as what it makes of the text for true and the text for false.</summary>
    private delegate string Condition(string whenTrue, string whenFalse);

    /// <exception cref="UnreadableFunctionException">It cannot be read; the message names what.</exception>
    public FunctionSpec Read(IMethodSymbol method)
    {
        if (method.ReturnType.SpecialType != SpecialType.System_Single || method.Parameters.Any(p => p.Type.SpecialType != SpecialType.System_Single))
            throw Unreadable($"it must take and return float, as in 'static float {method.Name}(float x) => ...'");
        if (method.Parameters.Length == 0) throw Unreadable("it must take a float");
        var body = Body(method, method.Parameters.Select((_, i) => "x" + i.ToString(CultureInfo.InvariantCulture)).ToList());
        return Nesting(body) <= MaximumNesting ? new FunctionSpec(method.Name, method.Parameters.Length, body)
            : throw Unreadable($"it has functions of functions, more than {Number(MaximumNesting)} within each other, once its locals and calls are written out");
    }

    private static int Nesting(string body)
    {
        var (now, most) = (0, 0);
        foreach (var c in body)
        {
            if (c == '(') most = Math.Max(most, ++now);
            else if (c == ')') now--;
        }

        return most;
    }

    private static UnreadableFunctionException Unreadable(string why) => new(why, isInvalid: false);

    private static UnreadableFunctionException Unreadable(IOperation operation, string why) => Unreadable($"'{Shorten(operation.Syntax.ToString())}' {why}");

    private static string Shorten(string text)
    {
        var line = string.Join(" ", text.Split(['\r', '\n', '\t', ' '], StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= 60 ? line : line.Substring(0, 57) + "...";
    }

    private static string Make(string function, params string[] arguments)
    {
        var text = "(" + function + " " + string.Join(" ", arguments) + ")";
        return text.Length <= MaximumLength ? text : throw Unreadable("it is too long once its locals and calls are written out");
    }

    private static string Compute(string function, ITypeSymbol? type, params string[] arguments) => Constants.Compute(Make(function, arguments), type, arguments);

    private static string Number(double value)
    {
        if (double.IsNaN(value) || double.IsInfinity(value)) throw Unreadable("it has a constant that is not finite");
        return Constants.Write(value);
    }

    private string Body(IMethodSymbol method, IReadOnlyList<string> arguments)
    {
        if (method.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax(cancellation) is not MethodDeclarationSyntax syntax)
            throw Unreadable($"the source of '{method.ContainingType.Name}.{method.Name}' is not in this project");
        if (!method.IsStatic) throw Unreadable($"'{method.Name}' must be static");
        if (method.IsGenericMethod || method.Parameters.Any(p => p.RefKind != RefKind.None || !IsReal(p.Type)) || !IsReal(method.ReturnType))
            throw Unreadable($"'{method.Name}' must take and return plain floats");
        if (_open.Contains(method, SymbolEqualityComparer.Default)) throw Unreadable($"'{method.Name}' calls itself");
        if (compilation.GetSemanticModel(syntax.SyntaxTree).GetOperation(syntax, cancellation) is not IMethodBodyOperation { } operation
            || (operation.BlockBody ?? operation.ExpressionBody) is not { } body)
            throw Unreadable($"'{method.Name}' has no body");

        // A method may be called twice in one expression; each call binds its parameters anew, and none is still open then.
        _open.Add(method);
        for (var i = 0; i < arguments.Count; i++) _values[method.Parameters[i]] = arguments[i];
        var result = Statements(body.Operations);
        _open.RemoveAt(_open.Count - 1);
        return result;
    }

    private string Statements(IEnumerable<IOperation> statements)
    {
        Enter();
        var value = Result(statements);
        _depth--;
        return value;
    }

    private string Result(IEnumerable<IOperation> statements)
    {
        var rest = statements.ToList();
        for (var i = 0; i < rest.Count; i++)
        {
            switch (rest[i])
            {
                case IReturnOperation { ReturnedValue: { } value }:
                    return Value(value);
                case IVariableDeclarationGroupOperation group:
                    foreach (var declarator in group.Declarations.SelectMany(d => d.Declarators)) Declare(declarator);
                    break;
                case IBlockOperation block:
                    return Statements(block.Operations.Concat(rest.Skip(i + 1)));
                case IConditionalOperation { Condition.ConstantValue: { HasValue: true, Value: bool holds } } known:
                    return Statements(new[] { holds ? known.WhenTrue : known.WhenFalse }.OfType<IOperation>().Concat(rest.Skip(i + 1)));
                case IConditionalOperation choice:
                    var condition = Truth(choice.Condition);
                    var after = rest.Skip(i + 1).ToList();
                    var whenTrue = Statements(new[] { choice.WhenTrue }.Concat(after));
                    return condition(whenTrue, Statements(choice.WhenFalse is { } otherwise ? new[] { otherwise }.Concat(after) : after));
                case IEmptyOperation:
                    break;
                default:
                    throw Refuse(rest[i]);
            }
        }

        throw new UnreadableFunctionException("a path ends without a value", isInvalid: true);
    }

    private void Declare(IVariableDeclaratorOperation declarator)
    {
        if (declarator.GetVariableInitializer()?.Value is not { } value) throw Unreadable(declarator, "must have a value where it is declared");
        if (declarator.Symbol.RefKind != RefKind.None) throw Unreadable(declarator, "is a reference; only values can be read");
        if (declarator.Symbol.Type.SpecialType == SpecialType.System_Boolean) _conditions[declarator.Symbol] = Truth(value);
        else _values[declarator.Symbol] = Value(value);
    }

    private string Value(IOperation operation)
    {
        Enter();
        var value = Read(operation);
        _depth--;
        return value;
    }

    /// <summary>Before what may call itself.</summary>
    private void Enter()
    {
        cancellation.ThrowIfCancellationRequested();
        if (++_work > MaximumWork) throw Unreadable("it takes too long to write out its calls");
        if (++_depth > MaximumDepth) throw Unreadable($"it has more than {Number(MaximumDepth)} operations within each other");
    }

    private string Read(IOperation operation)
    {
        if (operation.ConstantValue is { HasValue: true, Value: { } constant })
            return constant is string or char or bool or decimal ? throw Refuse(operation) : Number(Convert.ToDouble(constant, CultureInfo.InvariantCulture));

        switch (operation)
        {
            case IConversionOperation { OperatorMethod: null } conversion when IsReal(conversion.Type):
                return Constants.Round(Value(conversion.Operand), conversion.Type);
            case IConversionOperation conversion:
                throw Unreadable(conversion, $"becomes {conversion.Type?.ToDisplayString() ?? "another type"}: only float and double can be computed with");
            case IParameterReferenceOperation or ILocalReferenceOperation:
                return _values.TryGetValue(SymbolOf(operation)!, out var known) ? known : throw Refuse(operation);
            case IUnaryOperation { OperatorMethod: null, OperatorKind: UnaryOperatorKind.Minus } unary when IsReal(unary.Type):
                return Compute("neg", unary.Type, Value(unary.Operand));
            case IUnaryOperation { OperatorMethod: null, OperatorKind: UnaryOperatorKind.Plus } unary when IsReal(unary.Type):
                return Value(unary.Operand);
            case IBinaryOperation { OperatorMethod: null } binary when IsReal(binary.Type) && Arithmetic(binary.OperatorKind) is { } function:
                return Compute(function, binary.Type, Value(binary.LeftOperand), Value(binary.RightOperand));
            case IConditionalOperation { WhenFalse: { } otherwise } choice:
                return Truth(choice.Condition)(Value(choice.WhenTrue), Value(otherwise));
            case IInvocationOperation call:
                return Call(call);
            case IFieldReferenceOperation field:
                throw Unreadable(field, "is not const: only constants are known when the project is built");
            default:
                throw Refuse(operation);
        }
    }

    private Condition Truth(IOperation operation)
    {
        Enter();
        var condition = Test(operation);
        _depth--;
        return condition;
    }

    private Condition Test(IOperation operation)
    {
        if (operation.ConstantValue is { HasValue: true, Value: bool constant }) return (whenTrue, whenFalse) => constant ? whenTrue : whenFalse;
        switch (operation)
        {
            case IBinaryOperation { OperatorMethod: null, OperatorKind: BinaryOperatorKind.ConditionalAnd or BinaryOperatorKind.And } and:
                var (a, b) = (Truth(and.LeftOperand), Truth(and.RightOperand));
                return (whenTrue, whenFalse) => a(b(whenTrue, whenFalse), whenFalse);
            case IBinaryOperation { OperatorMethod: null, OperatorKind: BinaryOperatorKind.ConditionalOr or BinaryOperatorKind.Or } or:
                var (c, d) = (Truth(or.LeftOperand), Truth(or.RightOperand));
                return (whenTrue, whenFalse) => c(whenTrue, d(whenTrue, whenFalse));
            case IUnaryOperation { OperatorMethod: null, OperatorKind: UnaryOperatorKind.Not } not:
                var inner = Truth(not.Operand);
                return (whenTrue, whenFalse) => inner(whenFalse, whenTrue);
            case ILocalReferenceOperation local when _conditions.TryGetValue(local.Local, out var known):
                return known;
            case IBinaryOperation { OperatorMethod: null } binary when Comparison(binary.OperatorKind) is { } comparison:
                var (left, right) = (Value(binary.LeftOperand), Value(binary.RightOperand));
                var test = Make(comparison, left, right);
                if (Constants.Find(left) is not null && Constants.Find(right) is not null) return (whenTrue, whenFalse) => ExprText.Parse($"(select {test} 1 0)") is ConstExpr { Value: 1 } ? whenTrue : whenFalse;
                return (whenTrue, whenFalse) => Make("select", test, whenTrue, whenFalse);
            default:
                throw Refuse(operation);
        }
    }

    private string Call(IInvocationOperation call)
    {
        var method = call.TargetMethod;
        var arguments = call.Arguments.OrderBy(a => a.Parameter!.Ordinal).Select(a => Value(a.Value)).ToArray();
        if (method.ContainingNamespace is { Name: "System", ContainingNamespace.IsGlobalNamespace: true }
            && method.ContainingType.Name is "Math" or "MathF" or "Single" or "Double")
            return Constants.Compute(MathFunctions.Write(method.Name, arguments, Make) ?? throw Unreadable(call, "is not a function that layers can compute"), call.Type, arguments);
        if (call.Instance is not null) throw Unreadable(call, "is not a call to a static method");
        return Body(method, arguments);
    }

    private static UnreadableFunctionException Refuse(IOperation operation) => HasErrors(operation)
        ? new UnreadableFunctionException("it does not compile", isInvalid: true)
        : Unreadable(operation, "cannot be computed in a layer: use arithmetic, comparisons in ?: or if, constants, locals and the functions of MathF");

    private static bool HasErrors(IOperation operation) => operation is IInvalidOperation || operation.DescendantsAndSelf().Any(o => o is IInvalidOperation);

    private static ISymbol? SymbolOf(IOperation operation) => operation switch
    {
        IParameterReferenceOperation parameter => parameter.Parameter,
        ILocalReferenceOperation local => local.Local,
        _ => null,
    };

    private static bool IsReal(ITypeSymbol? type) => type?.SpecialType is SpecialType.System_Single or SpecialType.System_Double;

    private static string? Arithmetic(BinaryOperatorKind kind) => kind switch
    {
        BinaryOperatorKind.Add => "add",
        BinaryOperatorKind.Subtract => "sub",
        BinaryOperatorKind.Multiply => "mul",
        BinaryOperatorKind.Divide => "div",
        _ => null,
    };

    private static string? Comparison(BinaryOperatorKind kind) => kind switch
    {
        BinaryOperatorKind.LessThan => "lt",
        BinaryOperatorKind.LessThanOrEqual => "le",
        BinaryOperatorKind.GreaterThan => "gt",
        BinaryOperatorKind.GreaterThanOrEqual => "ge",
        BinaryOperatorKind.Equals => "eq",
        BinaryOperatorKind.NotEquals => "ne",
        _ => null,
    };
}

/// <summary>A method that is no pointwise function.</summary>
/// <param name="why">What could not be read.</param>
/// <param name="isInvalid">It is no valid C# either, and the C# compiler says so.</param>
internal sealed class UnreadableFunctionException(string why, bool isInvalid) : Exception(why)
{
    public bool IsInvalid => isInvalid;
}
