using System.Diagnostics;
using System.Text.RegularExpressions;
using NetCompiler.Compiler;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Tests;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests;

/// <summary>How much code is generated. The time it takes is in the benchmarks.</summary>
public sealed class SizeTests(Xunit.Abstractions.ITestOutputHelper output)
{
    [Fact]
    public void Code_grows_with_distinct_layers_not_with_depth()
    {
        Pipeline.Compile(Examples.ResNet20);
        var clock = Stopwatch.StartNew();
        var shallow = Pipeline.Compile(Examples.ResNet20).Files.Sum(f => f.Text.Length);
        output.WriteLine($"ResNet20: {shallow} characters, {clock.ElapsedMilliseconds} ms");
        clock.Restart();
        var deep = Pipeline.Compile(Examples.ResNet("ResNet110", 18)).Files.Sum(f => f.Text.Length);
        output.WriteLine($"ResNet110: {deep} characters, {clock.ElapsedMilliseconds} ms");

        // Ninety more layers cost a line of schedule for each of their calls, and no kernel.
        Assert.InRange(shallow, 1, 1_200_000);
        Assert.InRange(deep - shallow, 1, 300_000);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Memory_of_attention_grows_with_the_length_not_with_its_square(bool causal)
    {
        var (shorter, longer) = (Floats(512), Floats(1024));
        Assert.Equal(4, shorter.Length); // of a prediction on one thread and on several, of a training step's thread and of each of its samples
        for (var i = 0; i < shorter.Length; i++)
        {
            output.WriteLine($"{shorter[i]} and {longer[i]} floats");
            Assert.InRange(longer[i], shorter[i], 2.1 * shorter[i]);
            Assert.InRange(longer[i], 0, 1024 * 1024 - 1);
        }

        int[] Floats(int length)
        {
            var files = Pipeline.Compile(Chain(Loss("MeanSquaredError"), Input(length, 32), L("SelfAttention", ("Heads", 2), ("Causal", causal), ("Dropout", 0.1)))).Files;
            return [.. Regex.Matches(files[1].Text.Split("void Step<T>")[0] + files[0].Text, @"Rent\((\d+)\)|(?:Scratch|Sample)Length = (\d+)")
                .Select(m => int.Parse(m.Groups[1].Value + m.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture))];
        }
    }

    [Theory]
    [InlineData("SelfAttention", "LayerNorm", "Gelu")]
    [InlineData("GroupedAttention", "RmsNorm", "SwiGlu")]
    public void Twelve_transformer_blocks_generate_as_much_kernel_code_as_one(string attention, string norm, string function)
    {
        var (one, two, twelve) = (Kernels(1), Kernels(2), Kernels(12));
        output.WriteLine($"Kernels of 1, 2 and 12 blocks: {one.Length}, {two.Length} and {twelve.Length} characters");
        Assert.Equal(two, twelve);

        // One block alone is so little work that some of its kernels are not shared among threads, and have two arguments less.
        Assert.Equal(Names(one), Names(twelve));
        Assert.InRange(one.Length, 0.995 * twelve.Length, twelve.Length);

        string Kernels(int blocks)
        {
            var layer = attention == "SelfAttention"
                ? L("SelfAttention", ("Heads", 4), ("Causal", true), ("Dropout", 0.1))
                : L("SelfAttention", ("Heads", 4), ("KeyValueHeads", 2), ("Causal", true), ("Rotary", true), ("Bias", false));
            LayerSpec[] between = function == "Gelu" ? [L("Dense", ("Scale", 4)), L("Gelu")] : [L("SwiGlu", ("Units", 344), ("Bias", false))];
            var block = Block("Some.Block",
                P("X", Input()),
                P("Seen", L(norm), layer, L("Dropout", ("Rate", 0.1))),
                P("Middle", L("Add", ("Names", new[] { "X", "Seen" }))),
                P("Thought", [L(norm), .. between, L("Dense", ("Like", "X")), L("Dropout", ("Rate", 0.1))]),
                P("Sum", L("Add", ("Names", new[] { "Middle", "Thought" }))));
            var spec = Network(Loss("SoftmaxCrossEntropy"), [block],
                P("Ids", L("Input", ("Shape", new[] { 64 }), ("Type", "Int32"))), P("Tokens", L("Embedding", ("Vocabulary", 65), ("Width", 128)), L("Positions")),
                P("Blocks", Use("Some.Block", blocks)), P("Logits", L(norm), L("Dense", ("Units", 65), ("Bias", false)), L("TiedTo", ("Name", "Tokens"))));
            return KernelsOf(spec, "Blocks");
        }
    }

    [Fact]
    public void Blocks_with_further_inputs_share_kernels()
    {
        var (two, five) = (Kernels(2), Kernels(5));
        output.WriteLine($"Kernels of 2 and 5 blocks: {two.Length} and {five.Length} characters");

        // The gradient of the decoder's memory has a part from each block, which one kernel adds.
        Assert.Equal(Names(two), Names(five));
        Assert.InRange(two.Length, 0.99 * five.Length, five.Length);

        static string Kernels(int blocks) => KernelsOf(Examples.EncoderDecoder("EncoderDecoder", blocks), "Memory|Decoded");
    }

    [Theory]
    [InlineData(30, false)]
    [InlineData(31, true)]
    public void One_sample_of_a_small_network_is_one_method_in_which_large_layers_keep_their_loops(int inputs, bool loops)
    {
        var text = AgreementTests.Kernels(Chain(Loss("MeanSquaredError"), Input(inputs), L("Dense", ("Units", 32)), L("Relu"), L("Dense", ("Units", 8))));
        var methods = Methods(text, "PredictOne");
        Assert.Equal(3, methods.Length);

        // The first layer has 1,024 points or 1,056 (32 of them of its bias, 32 of Relu), the second fewer.
        Assert.All(methods, m => Assert.Equal(loops, m.Contains("for (", StringComparison.Ordinal)));
    }

    /// <summary>What lies between the layers of one sample: in memory that the library lends, up to 960 floats and three tensors; else in the thread's own; none if there is nothing.</summary>
    [Theory]
    [InlineData("Scratch.Lend<PredictOne<T>>(ref parameters, ref input0, ref output0, ref Unsafe.NullRef<float>(), 0);", 1, 40, 8)]
    [InlineData("Scratch.Lend<PredictOne<T>>(ref parameters, ref input0, ref output0, ref Unsafe.NullRef<float>(), 0);", 1, 944, 4, 2)]
    [InlineData("ref var scratch = ref Scratch.Rent(992);\n\t\t\tT.PredictOne(ref scratch, ref parameters, ref input0, ref output0);", 1, 960, 4, 2)]
    [InlineData("T.PredictOne(ref parameters, ref input0, ref output0);", 40, 8)]
    public void Working_memory_of_one_sample_is_lent_if_it_is_small(string call, int inputs, params int[] units)
    {
        var text = AgreementTests.Kernels(Chain(Loss("MeanSquaredError"), [Input(inputs), .. units.Select(u => L("Dense", ("Units", u)))]));
        Assert.Contains("if (begin == 0 && end == 1)\n\t\t{\n\t\t\t" + call, text, StringComparison.Ordinal);
    }

    /// <summary>Of more tensors it is the thread's own; and where a method would be too long, what it calls instead has the thread's, in which there is room for as many samples as kernels take.</summary>
    [Theory]
    [InlineData("DenseOfTwo", 1, 0)]
    [InlineData("DenseOfThree", 0, 0)]
    [InlineData("DenseMany", 1, 1)]
    public void Working_memory_of_one_sample_depends_on_what_its_method_is(string name, int lent, int rentedInstead)
    {
        var text = AgreementTests.Kernels(Cases.Families["Features"].Single(c => c.Name == name));
        Assert.Equal(3, Regex.Count(text, @"public static void PredictOne\("));
        Assert.Equal(lent, Regex.Count(text, @"\bScratch\.Lend<"));
        Assert.Equal(rentedInstead, Regex.Count(text, @"PredictOne\([^)]*\)\n\t\{\n\t\tscratch = ref Scratch\.Rent\("));
    }

    /// <summary>
    /// Lent memory holds anything: where vectors are read of which only a part is written, they are zeroed first. Twelve units are three vectors of four floats, but not whole ones of more; of
    /// rows that lie side by side only the last one's end counts.
    /// </summary>
    [Theory]
    [InlineData("StepOne", 12, true)]
    [InlineData("StepOne", 16, false)]
    [InlineData("PredictOne", 20, true)]
    public void Lent_vectors_that_are_written_in_part_are_zeroed(string method, int units, bool parts)
    {
        var spec = method == "StepOne" ? Chain(Loss("MeanSquaredError"), Input(5, 8), L("Gru", ("Units", units)), L("Dense", ("Units", 3)))
            : Chain(Loss("MeanSquaredError"), Input(40, units), L("LayerNorm"), L("Tanh"), L("LayerNorm"));
        var text = AgreementTests.Kernels(spec);
        var methods = Methods(text, method).Select(m => Regex.Count(m, @"\n\t\tVector(512|256|128)<float>\.Zero\.StoreUnsafe\(ref scratch")).ToArray();
        Assert.Equal(3, methods.Length);
        Assert.Equal([parts, parts, false], methods.Select(m => m > 0));
        if (method == "PredictOne") Assert.Equal([1, 1], methods[..2]);
    }

    /// <summary>A line of each page but the first, before the first layer, on all paths; nothing if one page has all.</summary>
    [Theory]
    [InlineData(8, 32)]
    [InlineData(32, 32, 1024)]
    [InlineData(64, 64, 1024, 2048, 3072, 4096)]
    public void The_pages_of_a_small_networks_parameters_are_asked_for_first(int inputs, int units, params int[] places)
    {
        var text = AgreementTests.Kernels(Chain(Loss("MeanSquaredError"), Input(inputs), L("Dense", ("Units", units))));
        var methods = Methods(text, "PredictOne");
        Assert.Equal(3, methods.Length);
        Assert.All(methods, m =>
        {
            Assert.Equal(places, Regex.Matches(m, @"Prefetch\.Line\(ref Unsafe\.Add\(ref parameters, (\d+)\)\);").Select(f => int.Parse(f.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)));
            Assert.DoesNotContain("Prefetch", m[m.IndexOf("// 0 Dense", StringComparison.Ordinal)..], StringComparison.Ordinal);
        });
    }

    /// <summary>A method's text for each width.</summary>
    private static string[] Methods(string kernels, string name) => [.. Regex.Matches(kernels, $@"public static void {name}\(.*?\n\t}}", RegexOptions.Singleline).Select(m => m.Value)];

    private static string[] Names(string kernels) =>
        [.. Regex.Matches(kernels[..kernels.IndexOf("struct Kernels512", StringComparison.Ordinal)], @"static abstract \w+ (\w+)").Select(m => m.Groups[1].Value)];

    /// <summary>What is behind the schedule, without the number of the block that a kernel has its name from.</summary>
    private static string KernelsOf(NetworkSpec spec, string blocks)
    {
        var text = AgreementTests.Kernels(spec);
        return Regex.Replace(text[text.IndexOf("interface IKernels", StringComparison.Ordinal)..], $@"((?:{blocks})\.?)\d+", "$1");
    }
}
