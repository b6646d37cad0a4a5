namespace NetCompiler.Benchmarks.Convolutions;

// One 3x3 convolution each, as the compiler chooses to compute it and directly. No loss: prediction only.

[Network]
[Input(8, 16, 16), Conv2D(8, Kernel = 3)]
internal sealed partial class Conv8At16Auto;

[Network]
[Input(8, 16, 16), Conv2D(8, Kernel = 3, Algorithm = ConvAlgorithm.Direct)]
internal sealed partial class Conv8At16Direct;

[Network]
[Input(16, 16, 16), Conv2D(16, Kernel = 3)]
internal sealed partial class Conv16At16Auto;

[Network]
[Input(16, 16, 16), Conv2D(16, Kernel = 3, Algorithm = ConvAlgorithm.Direct)]
internal sealed partial class Conv16At16Direct;

[Network]
[Input(16, 32, 32), Conv2D(16, Kernel = 3)]
internal sealed partial class Conv16At32Auto;

[Network]
[Input(16, 32, 32), Conv2D(16, Kernel = 3, Algorithm = ConvAlgorithm.Direct)]
internal sealed partial class Conv16At32Direct;

[Network]
[Input(32, 16, 16), Conv2D(32, Kernel = 3)]
internal sealed partial class Conv32At16Auto;

[Network]
[Input(32, 16, 16), Conv2D(32, Kernel = 3, Algorithm = ConvAlgorithm.Direct)]
internal sealed partial class Conv32At16Direct;

[Network]
[Input(64, 8, 8), Conv2D(64, Kernel = 3)]
internal sealed partial class Conv64At8Auto;

[Network]
[Input(64, 8, 8), Conv2D(64, Kernel = 3, Algorithm = ConvAlgorithm.Direct)]
internal sealed partial class Conv64At8Direct;

[Network]
[Input(64, 16, 16), Conv2D(64, Kernel = 3)]
internal sealed partial class Conv64At16Auto;

[Network]
[Input(64, 16, 16), Conv2D(64, Kernel = 3, Algorithm = ConvAlgorithm.Direct)]
internal sealed partial class Conv64At16Direct;

[Network]
[Input(128, 8, 8), Conv2D(128, Kernel = 3)]
internal sealed partial class Conv128At8Auto;

[Network]
[Input(128, 8, 8), Conv2D(128, Kernel = 3, Algorithm = ConvAlgorithm.Direct)]
internal sealed partial class Conv128At8Direct;
