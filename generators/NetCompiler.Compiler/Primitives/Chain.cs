using System.Runtime.CompilerServices;

namespace NetCompiler.Compiler.Primitives;

/// <summary>In which order the strips of a chain are computed.</summary>
public enum ChainOrder
{
    /// <summary>They do not depend on each other.</summary>
    Any,

    /// <summary>From the first to the last: a strip may read what earlier ones wrote.</summary>
    Ascending,

    /// <summary>From the last to the first.</summary>
    Descending,
}

/// <summary>
/// Nests that make one kernel, which goes through all of them for each value of their first index (or first few indices), the strip, before the next.
/// <para>
/// Of a chain whose strips are independent, the nests of one stage run over the same indices, in the same order, and are computed together
/// from the same loads; what one stage hands to the next stays in the nearest cache. A Sum nest whose output does not depend on the strip adds up over all of them.
/// </para>
/// <para>
/// A carried chain is a scan: its strips are steps of time, in the given order, and its nests may read what they or others of the chain wrote
/// in earlier strips. They follow each other in the program and are Store or Sum nests without guards, of values with samples. The first
/// dimension of all that they write is the strip plus a constant, so that row r of a state can be the state before step r; what is
/// there before the first step is written before the chain. Planning numbers their stages.
/// </para>
/// </summary>
public sealed class Chain(ChainOrder order = ChainOrder.Any, int strips = 1)
{
    /// <summary>How many of the first indices the strips are numbered by; one in a carried chain.</summary>
    public int Strips { get; } = strips;

    public ChainOrder Order { get; } = order;

    /// <summary>Strips depend on earlier ones.</summary>
    public bool IsCarried => Order != ChainOrder.Any;

    /// <summary>How many strips ago a value was written that is read at one row and written at another: 0 in the same one, negative: it will be.</summary>
    public int Lag(int rowWritten, int rowRead) => Order == ChainOrder.Descending ? rowRead - rowWritten : rowWritten - rowRead;
}

/// <summary>Carried chains as parts of a program.</summary>
public static class CarriedChains
{
    /// <summary>The carried chain that the nest is a part of.</summary>
    public static Chain? CarriedChain(this Nest nest) => nest.Part is { Chain: { IsCarried: true } chain } ? chain : null;

    /// <summary>Of a nest of a carried chain: the row that the first strip writes.</summary>
    public static int FirstRow(this Nest nest) => nest.Output.Map[0].Constant;

    /// <summary>The nests in order, those of a carried chain together.</summary>
    public static IEnumerable<IReadOnlyList<Nest>> InRuns(this IEnumerable<Nest> nests)
    {
        List<Nest>? run = null; // of a chain: most nests are in none
        foreach (var nest in nests)
        {
            var chain = nest.CarriedChain();
            if (run is not null && (chain is null || run[0].CarriedChain() != chain))
            {
                yield return run;
                run = null;
            }

            if (chain is null) yield return [nest];
            else (run ??= []).Add(nest);
        }

        if (run is not null) yield return run;
    }

    /// <summary>
    /// The nests that none of these values depends on. Within a carried chain what is read by an earlier nest in a later strip may be written
    /// by a later nest: there all are asked again until nothing changes.
    /// </summary>
    /// <param name="nests">The program.</param>
    /// <param name="wanted">The values; those that they depend on are added.</param>
    /// <param name="whole">A carried chain of which any nest is wanted is wanted as a whole.</param>
    [MethodImpl(HotPath.Optimized)]
    public static HashSet<Nest> Unwanted(this IEnumerable<Nest> nests, HashSet<Value> wanted, bool whole = false)
    {
        var unwanted = new HashSet<Nest>();
        foreach (var run in nests.InRuns().Reverse()) Ask(run);
        return unwanted;

        void Ask(IReadOnlyList<Nest> run)
        {
            if (run.Count == 1)
            {
                if (!wanted.Contains(run[0].Output.Value)) unwanted.Add(run[0]);
                else foreach (var read in run[0].Reads) wanted.Add(read.Value);
                return;
            }

            AskChain(run);
        }

        void AskChain(IReadOnlyList<Nest> run)
        {
            var left = run.Reverse().ToList();
            var all = false;
            while (left.RemoveAll(Want) > 0 && left.Count > 0) all = whole;
            unwanted.UnionWith(left);

            bool Want(Nest nest)
            {
                if (!all && !wanted.Contains(nest.Output.Value)) return false;
                foreach (var read in nest.Reads) wanted.Add(read.Value);
                return true;
            }
        }
    }
}
