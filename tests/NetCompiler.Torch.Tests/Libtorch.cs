namespace NetCompiler.Torch.Tests;

internal static class Libtorch
{
    /// <summary>Skips the test where libtorch cannot be loaded, saying why.</summary>
    public static void Require() =>
        Skip.If(NativeTorch.LoadFault.Value is not null, $"libtorch cannot be loaded here, so nothing is compared with it: {NativeTorch.LoadFault.Value}");
}
