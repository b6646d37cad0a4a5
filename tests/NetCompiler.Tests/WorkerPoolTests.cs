namespace NetCompiler.Tests;

public sealed class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Each_item_is_done_once_before_Run_returns(int threads)
    {
        using WorkerPool pool = new(threads);
        for (int round = 0; round < 2000; round++)
        {
            int[] counts = new int[round % 23];
            pool.Run(new Work((_, i) => counts[i]++), counts.Length);
            Assert.All(counts, c => Assert.Equal(1, c));
        }
    }

    [Fact]
    public void Workers_that_have_gone_to_sleep_wake_up()
    {
        using WorkerPool pool = new(3);
        for (int round = 0; round < 5; round++)
        {
            int[] threads = new int[3];
            pool.Run(new Work((worker, i) => threads[i] = Environment.CurrentManagedThreadId), 3);
            Assert.Equal(3, threads.Distinct().Count());
            Thread.Sleep(30);
        }
    }

    [Fact]
    public void The_first_workers_exception_arrives_and_the_pool_lives_on()
    {
        using WorkerPool pool = new(3);
        for (int round = 0; round < 50; round++)
        {
            InvalidDataException error = Assert.Throws<InvalidDataException>(() => pool.Run(new Work((_, i) => throw new InvalidDataException($"item {i}")), 9));
            Assert.Equal("item 0", error.Message);
            int done = 0;
            pool.Run(new Work((_, _) => Interlocked.Increment(ref done)), 9);
            Assert.Equal(9, done);
        }
    }

    private sealed class Work(Action<int, int> item) : PoolWork
    {
        public override void Run(int worker, int begin, int end)
        {
            for (int i = begin; i < end; i++)
            {
                item(worker, i);
            }
        }
    }
}
