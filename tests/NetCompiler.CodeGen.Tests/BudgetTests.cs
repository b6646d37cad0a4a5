using System.Diagnostics;
using System.Globalization;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using NetCompiler.Compiler.Tests;
using Xunit.Abstractions;

namespace NetCompiler.CodeGen.Tests;

/// <summary>
/// The just-in-time compiler gives up on optimising methods that are too large: then a kernel would still be right, and tens of times slower.
/// </summary>
public sealed partial class BudgetTests(ITestOutputHelper output)
{
    /// <summary>The runtime's own limits are 60 000 bytes of IL and 1024 variables that it tracks, of which some are its own.</summary>
    private const int MostBytes = 60_000;

    private const int MostLocals = 922;

    public static TheoryData<string> Families => [.. Cases.Families.Keys];

    [Theory]
    [MemberData(nameof(Families))]
    public void Methods_stay_within_what_the_runtime_optimises(string family)
    {
        using var file = new PEReader(new MemoryStream(AgreementTests.Bytes(family)));
        var metadata = file.GetMetadataReader();
        var largest = (Bytes: 0, Locals: 0, OfBytes: "", OfLocals: "");
        foreach (var handle in metadata.MethodDefinitions)
        {
            var method = metadata.GetMethodDefinition(handle);
            if (method.RelativeVirtualAddress == 0) continue;
            var body = file.GetMethodBody(method.RelativeVirtualAddress);
            var name = metadata.GetString(metadata.GetTypeDefinition(method.GetDeclaringType()).Name) + "." + metadata.GetString(method.Name);
            var bytes = body.GetILReader().Length;
            var locals = body.LocalSignature.IsNil ? 0 : LocalCount(metadata.GetBlobReader(metadata.GetStandaloneSignature(body.LocalSignature).Signature));
            if (bytes > largest.Bytes) (largest.Bytes, largest.OfBytes) = (bytes, name);
            if (locals > largest.Locals) (largest.Locals, largest.OfLocals) = (locals, name);
        }

        output.WriteLine($"{family}: most IL {largest.Bytes} bytes in {largest.OfBytes}, most locals {largest.Locals} in {largest.OfLocals}");
        Assert.InRange(largest.Bytes, 1, MostBytes - 1);
        Assert.InRange(largest.Locals, 1, MostLocals);
    }

    /// <summary>A child process runs the networks while the runtime lists how it compiled each method.</summary>
    [Theory]
    [InlineData("Training")]
    [InlineData("Recurrent")]
    [InlineData("Examples")]
    public async Task Kernels_are_compiled_with_all_optimisations(string family)
    {
        string list = Path.GetTempFileName(), assembly = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(assembly, AgreementTests.Bytes(family));
            var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
            start.ArgumentList.Add("exec");
            start.ArgumentList.Add(typeof(BudgetTests).Assembly.Location);
            start.ArgumentList.Add(family);
            start.ArgumentList.Add(assembly);
            start.Environment["DOTNET_JitStdOutFile"] = list;
            start.Environment["DOTNET_JitDisasmSummary"] = "1";
            using var child = Process.Start(start)!;
            var errors = child.StandardError.ReadToEndAsync();
            var text = await child.StandardOutput.ReadToEndAsync();
            await child.WaitForExitAsync();
            Assert.True(child.ExitCode == 0, text + await errors);

            var kernels = (await File.ReadAllLinesAsync(list)).Where(l => KernelLine().IsMatch(l)).ToList();
            output.WriteLine($"{kernels.Count} kernels; largest code {kernels.Max(l => int.Parse(CodeSize().Match(l).Groups[1].Value, CultureInfo.InvariantCulture))} bytes");
            Assert.True(kernels.Count >= 10 * Cases.Families[family].Count, $"Only {kernels.Count} kernels are in the list.");
            Assert.All(kernels, l => Assert.Contains("FullOpts", l, StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(list);
            File.Delete(assembly);
        }
    }

    [GeneratedRegex("Kernels(128|256|512):")]
    private static partial Regex KernelLine();

    [GeneratedRegex("code size=([0-9]+)")]
    private static partial Regex CodeSize();

    private static int LocalCount(BlobReader signature)
    {
        signature.ReadByte();
        return signature.ReadCompressedInteger();
    }
}
