// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Small images that Pillow 13.0 wrote and exiftool 12.57 gave their fields; JPEG files end before their first scan.
enum SampleImages {
    private static func image(_ text: String) -> [UInt8] {
        Array(Data(base64Encoded: text, options: .ignoreUnknownCharacters) ?? Data())
    }

    static let exif = image(
        """
        /9j/4AAQSkZJRgABAQAAAQABAAD/4QJORXhpZgAATU0AKgAAAAgADgEOAAIAAAATAAAAtgEPAAIAAAASAAAAygEQAAIAAAALAAAA3AESAAMA
        AAABAAYAAAEaAAUAAAABAAAA6AEbAAUAAAABAAAA8AEoAAMAAAABAAEAAAE7AAIAAAAMAAAA+AITAAMAAAABAAEAAIKYAAIAAAAEQ0MwAIdp
        AAQAAAABAAABLIglAAQAAAABAAAB1JybAAEAAAAUAAABBJyeAAEAAAAUAAABGAAAAABBIGhhcmJvdXIgYXQgbmlnaHQAAE5JS09OIENPUlBP
        UkFUSU9OAE5JS09OIEQ3NTAAAAAAAAEAAAABAAAAAQAAAAFBbm4gRXhhbXBsZQBPAHAAZQByAGEAIABMa2dSYpYAAHMAZQBhADsAbgBpAGcA
        aAB0AAAAAAeQAAAHAAAABDAyMzKQAwACAAAAFAAAAYaQEQACAAAABwAAAZqRAQAHAAAABAECAwCShgAHAAAAMgAAAaKgAAAHAAAABDAxMDCg
        AQADAAAAAf//AAAAAAAAMjAyMDowODoyNyAyMzoxNjoxMgArMDI6MDAAAFVOSUNPREUAcG9YVAAgAHMAZQBlAG4AIABmAHIAbwBtACAAdABo
        AGUAIABwAGkAZQByAAUAAAABAAAABAIDAAAAAQACAAAAAlMAAAAAAgAFAAAAAwAAAhYAAwACAAAAAkUAAAAABAAFAAAAAwAAAi4AAAAAAAAA
        IQAAAAEAAAAzAAAAAQAAAmQAAAAZAAAAlwAAAAEAAAAMAAAAAQAABWEAAAAZ//4AEUEgcGxhaW4gY29tbWVudP/bAEMA////////////////
        ///////////////////////////////////////////////////////////////////////AAAsIAAIAAwEBEQD/xAAUAAEAAAAAAAAAAAAA
        AAAAAAAD/8QAFBABAAAAAAAAAAAAAAAAAAAAAA==
        """
    )
    static let iptc = image(
        """
        /9j/4AAQSkZJRgABAQAAAQABAAD/7QCOUGhvdG9zaG9wIDMuMAA4QklNBAQAAAAAAHEcAVoAAxslRxwBAAACAAQcAgUADUbDqnRlIGR1IHBv
        cnQcAhkABGJvYXQcAhkABWbDqnRlHAJQAAlCbyBTYW1wbGUcAloABUJyZXN0HAJlAAZGcmFuY2UcAngADkJvYXRzIGluIGEgcm93HAIAAAIA
        BAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wAALCAACAAMB
        AREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAA=
        """
    )
    static let png = image(
        """
        iVBORw0KGgoAAAANSUhEUgAAAAUAAAAEAQAAAABuSMjtAAAAFHRFWHRUaXRsZQBDaGFydCBvZiB0aWRlc2lT3OQAAAAbaVRYdERlc2NyaXB0
        aW9uAAAAemgAAOa9ruaxkOihqCcCKMgAAAAKdEVYdEF1dGhvcgBEZWWFKDxHAAAAEnRFWHRDb21tZW50AHh4eHh4eHh4eHhiCvHsAAAA3GVY
        SWZNTQAqAAAACAAHAQ8AAgAAAAYAAABiARAAAgAAAA0AAABoARoABQAAAAEAAAB2ARsABQAAAAEAAAB+ASgAAwAAAAEAAgAAAhMAAwAAAAEA
        AQAAh2kABAAAAAEAAACGAAAAAENhbm9uAENhbm9uIEVPUyA1RAAAAAAASAAAAAEAAABIAAAAAQAFkAAABwAAAAQwMjMykAMAAgAAABQAAADI
        kQEABwAAAAQBAgMAoAAABwAAAAQwMTAwoAEAAwAAAAH//wAAAAAAADIwMDE6MDI6MDMgMDQ6MDU6MDYArgj4hAAAAAtJREFUeJxjYIAAAAAI
        AAG3WHOVAAAAAElFTkSuQmCC
        """
    )
    static let gif = image(
        """
        R0lGODlhBwAGAIAAAAAAAAAAACH+DkEgZ2lmIG9mIGdpZnRzACwAAAAABwAGAAAIDQABCBxIsKDBgwgNBgQAOw==
        """
    )
    static let webp = image(
        """
        UklGRqwAAABXRUJQVlA4WAoAAAAIAAAACAAABwAAVlA4IBgAAAAwAQCdASoJAAgAAUAmJaQAA3AA/v02aABFWElGbgAAAE1NACoAAAAQRXhp
        Zk1ldGEABQEOAAIAAAAMAAAAUgEaAAUAAAABAAAAXgEbAAUAAAABAAAAZgEoAAMAAAABAAIAAAITAAMAAAABAAEAAAAAAABXZWIgcGljdHVy
        ZQAAAABIAAAAAQAAAEgAAAAB
        """
    )
    static let lossless = image(
        """
        UklGRhoAAABXRUJQVlA4TA4AAAAvCMABAAcQEf0PRET/Aw==
        """
    )
    static let tiff = image(
        """
        SUkqABwAAACAACBQOCQWDQeEQmFQuGQ2HQWAgAoAAAEDAAEAAAALAAAAAQEDAAEAAAAKAAAAAgEDAAEAAAAIAAAAAwEDAAEAAAAFAAAABgED
        AAEAAAABAAAADgECAAoAAACaAAAAEQEEAAEAAAAIAAAAFgEDAAEAAAAKAAAAFwEEAAEAAAAUAAAAHAEDAAEAAAABAAAAxgAAAFR3byBwYWdl
        cwAAAAAAAAAAAAAAAABJSSoAFgAAAIAAIFA4JBYNB4RA4CAACgAAAQMAAQAAAA0AAAABAQMAAQAAAAMAAAACAQMAAQAAAAgAAAADAQMAAQAA
        AAUAAAAGAQMAAQAAAAEAAAAOAQIACgAAAEQBAAARAQQAAQAAALgAAAAWAQMAAQAAAAMAAAAXAQQAAQAAAA0AAAAcAQMAAQAAAAEAAAAAAAAA
        VHdvIHBhZ2VzAAAA
        """
    )
    static let bitmap = image(
        """
        Qk3WAgAAAAAAADYAAAAoAAAADwAAAA4AAAABABgAAAAAAKACAADEDgAAxA4AAAAAAAAAAAAA
        """
    )

    /// A packet as exiftool writes it, in a JPEG that ends before its first scan.
    static let xmp: [UInt8] = {
        let packet = """
            http://ns.adobe.com/xap/1.0/\0<?xpacket begin='\u{FEFF}' id='W5M0MpCehiHzreSzNTczkc9d'?>
            <x:xmpmeta xmlns:x='adobe:ns:meta/' x:xmptk='Image::ExifTool 12.57'>
            <rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>
             <rdf:Description rdf:about='' xmlns:dc='http://purl.org/dc/elements/1.1/'>
              <dc:creator><rdf:Seq><rdf:li>Cy Person</rdf:li></rdf:Seq></dc:creator>
              <dc:description><rdf:Alt>
                <rdf:li xml:lang='x-default'>A mill &amp; a &lt;pond&gt;</rdf:li>
              </rdf:Alt></dc:description>
              <dc:subject><rdf:Bag><rdf:li>mill</rdf:li><rdf:li>pond</rdf:li></rdf:Bag></dc:subject>
              <dc:title><rdf:Alt>
                <rdf:li xml:lang='x-default'>Old mill</rdf:li><rdf:li xml:lang='nl'>Oude molen</rdf:li>
              </rdf:Alt></dc:title>
             </rdf:Description>
             <rdf:Description rdf:about='' xmlns:photoshop='http://ns.adobe.com/photoshop/1.0/'
               photoshop:Country='Netherlands'>
              <photoshop:City>Delft</photoshop:City>
             </rdf:Description>
            </rdf:RDF></x:xmpmeta>
            <?xpacket end='w'?>
            """
        let length = packet.utf8.count + 2
        let size: [UInt8] = [0xFF, 0xC0, 0, 11, 8, 0, 2, 0, 3, 1, 1, 0x11, 0]
        return [0xFF, 0xD8, 0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 0xFF)] + Array(packet.utf8) + size
    }()
}
