namespace NetCompiler.Compiler.Tests;

public class RehearsalTests
{
    /// <summary>Its failures are nobody's in the generator; and its network must be one, or no stage would run.</summary>
    [Fact]
    public void Goes_through_all_stages_or_ends_when_asked_to()
    {
        var asked = 0;
        Rehearsal.Run(() => ++asked < 0);
        Assert.Equal(7, asked);

        asked = 0;
        Rehearsal.Run(() => ++asked == 3);
        Assert.Equal(3, asked);
    }
}
