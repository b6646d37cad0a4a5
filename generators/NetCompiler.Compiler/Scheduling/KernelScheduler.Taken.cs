using NetCompiler.Compiler.Planning;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Scheduling;

/// <summary>
/// Loops over the places of a sequence that end where the places that count do (<see cref="TakenPlaces"/>): in whole steps, so that what is stored reaches as far as they do or further, and
/// what is summed just as far.
/// </summary>
internal sealed partial class KernelScheduler
{
    /// <summary>Where a loop over that part of the index ends.</summary>
    private Bound End(LoopIndex index, int end) => index == _flat.Taken ? Bound.Taken(end) : Bound.Of(end);

    /// <summary>What is left of an index from a place on; with a scope of its own for names, unless it is one already.</summary>
    private void Last(List<Stmt> body, LoopIndex index, int from, int count, Action<Address, List<Stmt>> inner, bool hasScope = true)
    {
        if (index == _flat.Taken && from > 0) Loop(body, index.Name, Bound.Of(from), Bound.Taken(from + count), count, inner);
        else inner(Address.Of(from), hasScope ? Block(body) : body);
    }

    /// <summary>Whether an index is gone through in whole steps of that size: of places that count, also as far as they do, since what is behind was not written.</summary>
    private bool Divides(int step, LoopIndex index) => index.Extent % step == 0 && (index != _flat.Taken || TakenPlaces.Group % step == 0);
}
