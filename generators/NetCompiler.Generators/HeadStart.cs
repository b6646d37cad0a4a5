using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using NetCompiler.Compiler;
using NetCompiler.Compiler.Emission;
using NetCompiler.Compiler.Passes;
using NetCompiler.Compiler.Planning;
using NetCompiler.Compiler.Scheduling;

namespace NetCompiler.Generators;

/// <summary>
/// Has the JIT compile the methods of the later stages on a thread of their own, while the first ones run: in a process that compiles its first network most of the time is the JIT's, and
/// until there is a training step to lower, one thread does everything. Where there is machine code already, the JIT has little to do, and that and finding the code is had by compiling a
/// small network, for as long as there is nothing else to do. What comes of a declaration does not depend on it.
/// </summary>
internal static class HeadStart
{
    /// <summary>One type of each stage of which most is needed whatever the network is, in the order in which they run: all of its namespace are meant.</summary>
    private static readonly Type[] s_stages = [typeof(PassList), typeof(Planner), typeof(KernelScheduler), typeof(NetworkEmitter)];

    /// <summary>What there only needs a network with sequences, attention or one kernel, or nobody but a dump.</summary>
    private static readonly HashSet<Type> s_rare =
        [typeof(ChainUnits), typeof(PairStrips), typeof(Rolling), typeof(RowNumbering), typeof(StraightLine), typeof(KernelText), typeof(StepFace)];

    private static int s_begun;
#if READY_TO_RUN
    private static volatile bool s_isOver;
#endif

    /// <summary>Once in a process; where there is no second processor, the JIT compiles what is called, when it is called.</summary>
    [SuppressMessage("MicrosoftCodeAnalysisCorrectness", "RS1035:Do not use APIs banned for analyzers", Justification = "The number of processors is no setting, and no output depends on it.")]
    public static void Begin()
    {
        if (Volatile.Read(ref s_begun) != 0 || Environment.ProcessorCount == 1 || Interlocked.Exchange(ref s_begun, 1) != 0) return;

        // Not one of the pool's threads, which the stages themselves wait for.
        new Thread(Prepare) { IsBackground = true, Priority = ThreadPriority.BelowNormal, Name = nameof(HeadStart) }.Start();
    }

    /// <summary>The first network is compiled: from now on all processors have work.</summary>
    public static void End()
    {
#if READY_TO_RUN
        s_isOver = true;
#endif
    }

    private static void Prepare()
    {
        try
        {
#if READY_TO_RUN
            Rehearsal.Run(static () => s_isOver);
#else
            var types = typeof(HeadStart).Assembly.GetTypes().ToLookup(t => t.Namespace ?? "", StringComparer.Ordinal);
            foreach (var stage in s_stages)
                foreach (var type in types[stage.Namespace!]) Prepare(type);
#endif
        }
        catch (Exception)
        {
            // What cannot be compiled now is when it is called, or never is.
        }
    }

    private static void Prepare(Type type)
    {
        const BindingFlags Own = BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance;
        if (type.ContainsGenericParameters || s_rare.Contains(type) || s_rare.Contains(type.DeclaringType!)) return;
        foreach (var method in type.GetMethods(Own))
            if (!method.IsAbstract && !method.ContainsGenericParameters && !IsOfRecord(method.Name)) RuntimeHelpers.PrepareMethod(method.MethodHandle);
        foreach (var constructor in type.GetConstructors(Own)) RuntimeHelpers.PrepareMethod(constructor.MethodHandle);
    }

    /// <summary>Members that every record has and hardly any needs.</summary>
    private static bool IsOfRecord(string method) =>
        method is "Equals" or "GetHashCode" or "ToString" or "PrintMembers" or "<Clone>$" or "Deconstruct" or "get_EqualityContract"
        || method.StartsWith("op_", StringComparison.Ordinal) || method.StartsWith("set_", StringComparison.Ordinal);
}
