namespace NetCompiler.Compiler.Tests;

public sealed class SharedWorkTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    public void Every_piece_is_done_once(int pieces)
    {
        var done = new int[pieces];
        var work = new SharedWork();
        for (var i = 0; i < pieces; i++)
        {
            var piece = i;
            work.Add(() => Interlocked.Increment(ref done[piece]));
        }

        work.Finish();
        Assert.All(done, times => Assert.Equal(1, times));
    }

    [Fact]
    public void Of_several_failures_that_of_the_first_piece_is_thrown_as_it_is()
    {
        using var late = new ManualResetEventSlim();
        var work = new SharedWork();
        work.Add(() => { });
        work.Add(() =>
        {
            late.Wait(TimeSpan.FromSeconds(2)); // until another has failed, where there is a thread for it
            throw new InvalidOperationException("first");
        });
        work.Add(() =>
        {
            late.Set();
            throw new OverflowException("second");
        });

        Assert.Equal("first", Assert.Throws<InvalidOperationException>(work.Finish).Message);
    }
}
