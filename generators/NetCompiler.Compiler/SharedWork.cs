using System.Runtime.ExceptionServices;

namespace NetCompiler.Compiler;

/// <summary>
/// Pieces of work that do not depend on each other: other threads begin with them as soon as they are added, and this one helps when it has no more to add. Of several
/// failures the one of the first piece is reported, as by a single thread.
/// </summary>
internal sealed class SharedWork
{
    /// <summary>More hardly find anything to do.</summary>
    private const int MostHelpers = 3;

    private readonly List<Action> _pieces = [];
    private readonly List<Task> _helpers = [];
    private int _helping;
    private int _next;
    private int _failed = int.MaxValue;
    private ExceptionDispatchInfo? _failure;

    public void Add(Action piece)
    {
        lock (_pieces)
        {
            _pieces.Add(piece);
            if (_helping == MostHelpers) return;
            _helping++;
            _helpers.Add(Task.Run(Help));
        }
    }

    /// <summary>Everything that was added has been done, or else the first failure is thrown.</summary>
    public void Finish()
    {
        lock (_pieces) _helping++;
        Help();
        foreach (var helper in _helpers) helper.GetAwaiter().GetResult();
        _failure?.Throw();
    }

    private void Help()
    {
        while (Next(out var piece) is var number && number >= 0) Do(number, piece!);
    }

    /// <summary>The number of a piece that nobody has begun with; -1: none is left, and this thread ends.</summary>
    private int Next(out Action? piece)
    {
        lock (_pieces)
        {
            piece = null;
            if (_next < _pieces.Count && _failure is null)
            {
                piece = _pieces[_next];
                return _next++;
            }

            _helping--;
            return -1;
        }
    }

    private void Do(int number, Action piece)
    {
        try
        {
            piece();
        }
        catch (Exception exception)
        {
            lock (_pieces)
            {
                if (number > _failed) return;
                (_failed, _failure) = (number, ExceptionDispatchInfo.Capture(exception));
            }
        }
    }
}
