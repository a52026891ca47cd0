#if LIBFUZZER
  /// What libFuzzer calls, over and over, with inputs that reach code which no input before has reached.
  @_cdecl("LLVMFuzzerTestOneInput")
  public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    Check.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
  }
#endif
