using NetCompiler.Compiler.Planning;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Tests.Planning;

/// <summary>What ends with the places that count, and what must not.</summary>
public class TakenPlacesTests
{
    private const int Places = 100;

    private readonly ProgramBuilder _builder = new(new Program("test"), training: false);
    private readonly Value _x;

    public TakenPlacesTests() => _x = _builder.Input("x", [Places]);

    [Fact]
    public void What_is_written_and_read_place_by_place_ends_with_them()
    {
        Sum("sum", Double("double", _x, Taken()), Taken());
        Assert.Equal(["double", "sum"], Ending());
    }

    [Fact]
    public void A_reader_of_all_places_needs_all_written()
    {
        var twice = Double("double", _x, Taken());
        Sum("sum", twice, Taken());
        Sum("all", twice, All());
        Assert.Equal(["sum"], Ending());
    }

    [Fact]
    public void So_does_the_reader_of_what_is_made_of_them()
    {
        Sum("all", Double("again", Double("double", _x, Taken()), Taken()), All());
        Assert.Equal([], Ending());
    }

    [Fact]
    public void A_result_is_written_whole()
    {
        _builder.Program.Outputs.Add(Double("double", _x, Taken()));
        Assert.Equal([], Ending());
    }

    [Fact]
    public void What_a_step_remembers_is_written_whole()
    {
        var s = Taken();
        _builder.Write("kept", _builder.State("kept", [Places]), [s], [s], Read(_x, s));
        Assert.Equal([], Ending());
    }

    [Fact]
    public void A_place_further_on_is_none_of_them()
    {
        var twice = Double("double", _x, Taken());
        var s = new LoopIndex("s", Places - 1) { TakenRows = 1 };
        _builder.Sum("shifted", [1], [s], [0], Read(twice, Affine.Of(s) + 1));
        Assert.Equal(["shifted"], Ending());
    }

    [Fact]
    public void Few_places_are_gone_through_at_once()
    {
        var s = new LoopIndex("s", TakenPlaces.Group) { TakenRows = 1 };
        _builder.Sum("sum", [1], [s], [0], Read(_x, s));
        Assert.Equal([], Ending());
    }

    private static LoopIndex Taken() => new("s", Places) { TakenRows = 1 };

    private static LoopIndex All() => new("s", Places);

    private Value Double(string name, Value value, LoopIndex s) => _builder.Store(name, [Places], [s], [s], Read(value, s) * 2);

    private void Sum(string name, Value value, LoopIndex s) => _builder.Sum(name, [1], [s], [0], Read(value, s));

    /// <summary>Names of the nests, each a unit of its own, that end with the places that count.</summary>
    private string[] Ending()
    {
        var units = _builder.Program.Nests.ConvertAll(n => new Unit(n));
        TakenPlaces.Run(_builder.Program, units);
        return [.. units.Where(u => u.Taken is not null).Select(u => u.Main.Name)];
    }
}
