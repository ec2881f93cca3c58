; Installer for one user, without administrator rights. Compiled by `packaging/build.py windows`:
;   makensis -DVERSION=… -DNUMBERS=a.b.c.d -DSOURCE=folder -DTARGET=setup.exe -DICON=x.ico
; Tested: compiled by makensis 3.11 on Debian 13 over a stand-in folder.
; Not tested: run on Windows, and over a bundle built on Windows.
Unicode true
SetCompressor /SOLID lzma
Name "Pushforward Studio"
OutFile "${TARGET}"
RequestExecutionLevel user
InstallDir "$LOCALAPPDATA\Programs\Pushforward Studio"
InstallDirRegKey HKCU "Software\Pushforward Studio" "Folder"
Icon "${ICON}"
UninstallIcon "${ICON}"
VIProductVersion "${NUMBERS}"
VIAddVersionKey "ProductName" "Pushforward Studio"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "FileDescription" "Pushforward Studio setup"
VIAddVersionKey "LegalCopyright" "Apache License 2.0"
!ifdef SIGN
  !uninstfinalize '${SIGN} "%1"' = 0
  !finalize '${SIGN} "%1"' = 0
!endif
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Pushforward Studio"

Page directory
Page instfiles
UninstPage uninstConfirm
UninstPage instfiles

Section "Pushforward Studio"
  ; An upgrade replaces the program; projects and preferences are in other folders.
  RMDir /r "$INSTDIR\_internal"
  SetOutPath "$INSTDIR"
  File /r "${SOURCE}/*.*"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\Pushforward Studio.lnk" "$INSTDIR\pushforward.exe"
  WriteRegStr HKCU "Software\Pushforward Studio" "Folder" "$INSTDIR"
  WriteRegStr HKCU "Software\Classes\.pushforward" "" "Pushforward.Project"
  WriteRegStr HKCU "Software\Classes\Pushforward.Project" "" "Pushforward project"
  WriteRegStr HKCU "Software\Classes\Pushforward.Project\DefaultIcon" "" "$INSTDIR\pushforward.exe,0"
  WriteRegStr HKCU "Software\Classes\Pushforward.Project\shell\open\command" "" '"$INSTDIR\pushforward.exe" "%1"'
  WriteRegStr HKCU "Software\Classes\Directory\shell\Pushforward" "" "Open in Pushforward Studio"
  WriteRegStr HKCU "Software\Classes\Directory\shell\Pushforward\command" "" '"$INSTDIR\pushforward.exe" "%1"'
  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "Pushforward Studio"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\pushforward.exe"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
SectionEnd

Section "Uninstall"
  RMDir /r "$INSTDIR\_internal"
  Delete "$INSTDIR\pushforward.exe"
  Delete "$INSTDIR\pushforward-engine.exe"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Pushforward Studio.lnk"
  DeleteRegKey HKCU "Software\Pushforward Studio"
  DeleteRegKey HKCU "Software\Classes\.pushforward"
  DeleteRegKey HKCU "Software\Classes\Pushforward.Project"
  DeleteRegKey HKCU "Software\Classes\Directory\shell\Pushforward"
  DeleteRegKey HKCU "${UNINSTALL}"
SectionEnd
